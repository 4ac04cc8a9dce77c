import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.color.measures import Photos, measures, read_colors
from tuner.color.spaces import lab_to_rgb, rgb_to_lab
from tuner.color.symptoms import derived, find_symptoms
from tuner.guide.cures import CURES, WILD

HEALTHY = {
    "chroma_ratio": 1.0,
    "a_ratio": 1.0,
    "b_ratio": 1.0,
    "a_slope": 1.0,
    "b_slope": 1.0,
    "ab_correlation": 1.0,
    "ab_fit": 1.0,
    "hue_turn": 0.0,
    "tint": 0.0,
    "tint_hue": 0.0,
    "mean_shift": 0.0,
    "hue_concentration": 0.6,
    "hue_concentration_target": 0.6,
    "color_noise": 1.0,
    "lightness_drift": 0.0,
    "lightness_rmse": 0.0,
    "lightness_gain": 1.0,
    "bleeding": 0.0,
}
WASH = {"mean_shift": 8.0}


def named(**changes):
    return [finding.symptom for finding in find_symptoms({**HEALTHY, **changes})]


def named_of(prediction, target):
    reading = read_colors(Photos.of(prediction), Photos.of(target))
    return [finding.symptom for finding in find_symptoms(measures(reading))]


# What the rules say, one number at a time.


@pytest.mark.parametrize(
    ("changes", "symptoms"),
    [
        ({}, []),
        ({"chroma_ratio": 0.24}, ["gray"]),
        ({"chroma_ratio": 0.26}, ["washed-out"]),
        ({"chroma_ratio": 0.74}, ["washed-out"]),
        ({"chroma_ratio": 0.76}, []),
        ({"chroma_ratio": 1.29}, []),
        ({"chroma_ratio": 1.31}, ["too-vibrant"]),
        ({"color_noise": 2.6}, ["too-vibrant"]),
        ({"color_noise": 2.6, "chroma_ratio": 1.2}, []),
        ({"lightness_drift": 3.1}, ["brightness"]),
        ({"lightness_drift": -3.1}, ["brightness"]),
        ({"lightness_drift": 2.9}, []),
        ({"lightness_rmse": 8.1}, ["brightness"]),
        ({"lightness_gain": 0.84}, ["brightness"]),
        ({"lightness_gain": 1.16}, ["brightness"]),
        ({"tint": 4.1, "tint_hue": 70, **WASH}, ["sepia-cast"]),
        ({"tint": 3.9, "tint_hue": 70, **WASH}, []),
        ({"tint": 4.1, "tint_hue": -45, **WASH}, ["purple-cast"]),
        ({"tint": 4.1, "tint_hue": 70, "hue_concentration": 0.8}, ["sepia-cast"]),
        ({"tint": 9.0, "tint_hue": 70}, []),
        ({"ab_correlation": 0.29}, ["wrong-objects"]),
        ({"ab_correlation": 0.29, "color_noise": 5.1}, ["too-vibrant"]),
        ({"hue_turn": -31.0}, ["wrong-objects"]),
        ({"hue_turn": 29.0}, []),
        ({"b_ratio": 0.7, "b_slope": 0.7}, ["channel-balance"]),
        ({"a_ratio": 0.7, "a_slope": 0.7}, ["channel-balance"]),
        ({"b_ratio": 0.7}, []),
        ({"bleeding": 0.19}, []),
        ({"bleeding": 0.21}, ["bleeding"]),
        ({"bleeding": 0.21, "chroma_ratio": 0.5}, ["washed-out", "bleeding"]),
        ({"bleeding": 0.21, "ab_correlation": 0.1}, ["wrong-objects"]),
    ],
)
def test_each_rule_has_its_threshold(changes, symptoms):
    assert named(**changes) == symptoms


@pytest.mark.parametrize(
    ("hue", "symptom"),
    [
        (0, "purple"),
        (11, "sepia"),
        (103, "sepia"),
        (197, "sepia"),
        (198, "purple"),
        (-90, "purple"),
    ],
)
def test_a_cast_of_any_hue_is_the_nearer_one_of_the_guides_two(hue, symptom):
    assert named(tint=9.0, tint_hue=hue, **WASH) == [f"{symptom}-cast"]


def test_a_tint_in_strong_colors_may_come_from_the_limits_of_the_screen():
    strong = {"chroma_ratio": 2.0, "a_slope": 1.5, "b_slope": 1.5, "tint_hue": 70, **WASH}
    assert named(tint=8.9, **strong) == ["too-vibrant"]
    assert named(tint=9.1, **strong) == ["sepia-cast"]
    noisy = {"color_noise": 10.0, "tint_hue": 70, **WASH}
    assert named(tint=7.9, **noisy) == ["too-vibrant"]
    assert named(tint=8.1, **noisy) == ["sepia-cast"]


def test_readings_older_than_the_measure_do_not_bleed():
    older = {name: value for name, value in HEALTHY.items() if name != "bleeding"}
    assert find_symptoms(older) == ()


def test_gray_says_nothing_of_its_colors_but_brightness_is_seen():
    ill = {"tint": 9.0, "ab_correlation": 0.0, "color_noise": 9.0, "lightness_drift": 9.0, **WASH}
    assert named(chroma_ratio=0.1, **ill) == ["gray", "brightness"]


def test_what_comes_together_is_told_in_order_of_precedence():
    hedged = {"tint": 6.0, "tint_hue": 100, "hue_concentration": 0.9}
    assert named(chroma_ratio=0.6, lightness_drift=5.0, **hedged) == [
        "brightness",
        "sepia-cast",
        "washed-out",
    ]


def test_a_missing_channel_is_not_called_washed_out():
    assert named(chroma_ratio=0.4, b_ratio=0.0, b_slope=0.0) == ["channel-balance"]
    both = {"a_ratio": 0.6, "a_slope": 0.6, "b_ratio": 0.2, "b_slope": 0.2}
    assert named(chroma_ratio=0.4, **both) == ["washed-out", "channel-balance"]


def test_a_strong_channel_is_not_called_too_vibrant():
    assert named(chroma_ratio=1.4, b_ratio=1.6, b_slope=1.6) == ["channel-balance"]


def test_a_finding_says_what_gave_it_away():
    [finding] = find_symptoms({**HEALTHY, "lightness_gain": 0.5, "lightness_rmse": 9.0})
    assert (finding.measure, finding.value) == ("lightness_gain", 0.5)
    assert (finding.threshold, finding.healthy) == (0.85, "above")
    [finding] = find_symptoms({**HEALTHY, "lightness_drift": -6.0})
    assert (finding.measure, finding.threshold, finding.healthy) == ("lightness_drift", -3, "above")


def test_noise_is_sent_to_the_guides_row_about_wild_colors():
    assert find_symptoms({**HEALTHY, "color_noise": 4.0})[0].cure is WILD
    assert find_symptoms({**HEALTHY, "chroma_ratio": 1.5})[0].cure is CURES["too-vibrant"]


def test_numbers_of_a_set_without_color_are_finite():
    none = derived({**HEALTHY, "a_ratio": 0.0, "b_ratio": 0.0, "chroma_ratio": 0.0})
    assert none["channel_balance"] == 1.0
    assert none["noise_per_chroma"] == 1.0


@given(st.dictionaries(st.sampled_from(sorted(HEALTHY)), st.floats(-10, 10)))
def test_every_value_lies_beyond_its_threshold_and_no_name_comes_twice(changes):
    findings = find_symptoms({**HEALTHY, **changes})
    order = [list(CURES).index(finding.symptom) for finding in findings]
    assert order == sorted(set(order))
    for finding in findings:
        beyond = finding.value - finding.threshold
        assert beyond <= 0 if finding.healthy == "above" else beyond >= 0


# On photographs.


@pytest.mark.parametrize(
    ("distortion", "symptom"),
    [
        ("identity", None),
        ("chroma x1.2", None),
        ("chroma x0.8", None),
        ("chroma x0.5", "washed-out"),
        ("chroma x2", "too-vibrant"),
        ("color noise", "too-vibrant"),
        ("L + 10", "brightness"),
        ("sepia wash", "sepia-cast"),
        ("hedged", "sepia-cast"),
        ("constant sepia", "sepia-cast"),
        ("purple wash", "purple-cast"),
        ("opposite hues", "wrong-objects"),
        ("another's colors", "wrong-objects"),
        ("gray", "gray"),
        ("displaced", "bleeding"),
    ],
)
def test_photographs_that_are_spoiled_on_purpose_get_their_name(
    distorted, photos, distortion, symptom
):
    first = next(iter(named_of(distorted[distortion], photos)), None)
    assert first == symptom


@pytest.mark.parametrize("channel", [0, 1])
def test_one_channel_alone_is_a_matter_of_balance(photos, channel):
    lab = rgb_to_lab(photos)
    lab[:, 2 - channel] = 0
    assert named_of(lab_to_rgb(lab).clamp(0, 1), photos)[0] == "channel-balance"
