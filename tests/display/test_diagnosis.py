from pathlib import Path

import pytest

from tuner.color.symptoms import find_symptoms
from tuner.diagnosis.case import Case
from tuner.diagnosis.examine import Diagnosis
from tuner.display.diagnosis import diagnosis_record, headline, hue_name, print_diagnosis

HEALTHY = {
    **dict.fromkeys(("chroma_ratio", "a_ratio", "b_ratio", "a_slope", "b_slope"), 1.0),
    **dict.fromkeys(("ab_correlation", "ab_fit", "color_noise", "lightness_gain"), 1.0),
    **dict.fromkeys(("hue_turn", "tint", "tint_hue", "lightness_drift", "lightness_rmse"), 0.0),
    "mean_shift": 9.0,
    "hue_concentration": 0.6,
    "hue_concentration_target": 0.6,
}
CASE = Case("40 predictions in out", None, None, (), None, ("1 pair was left out: 3 (tiny)",))


def diagnosis(photos=40, certainty=0.98, **changes):
    measures = {**HEALTHY, **changes}
    findings = find_symptoms(measures)
    ends = {f.measure: (f.value - 0.1, f.value + 0.1) for f in findings}
    return Diagnosis(photos, findings, measures, ends, certainty, (0,))


def printed(capsys, found, command="tuner run --study x --photos DIR"):
    print_diagnosis(CASE, found, Path("d.png"), command)
    return capsys.readouterr().out.splitlines()


def test_the_symptom_stands_first_with_measure_threshold_and_interval(capsys):
    lines = printed(capsys, diagnosis(chroma_ratio=0.5))
    assert lines == [
        "40 predictions in out: washed-out",
        (
            "0.50 times the photos' chroma (chroma_ratio 0.5, 95 % interval 0.4 to 0.6; "
            "healthy is above 0.75)."
        ),
        "Certain: first in 98 % of bootstrap samples.",
        "1 pair was left out: 3 (tiny).",
        "The guide: Washed out colors: raise saturation_weight, raise ab_weight.",
        "Run: tuner run --study x --photos DIR",
        "The photos that show it most: d.png",
    ]


def test_further_symptoms_follow_in_order(capsys):
    lines = printed(capsys, diagnosis(chroma_ratio=0.5, tint=6.0, tint_hue=70.0))
    assert lines[0].endswith(": sepia-cast")
    assert "A tint of 6.0 Lab units towards orange (hue 70 degrees)" in lines[1]
    assert lines[3].startswith("Also washed-out: 0.50 times the photos' chroma")


def test_healthy_needs_no_study(capsys):
    lines = printed(capsys, diagnosis(), None)
    assert lines[0] == "40 predictions in out: healthy"
    assert lines[1].startswith("1.00 times the photos' chroma, a tint of 0.0 Lab units")
    assert not [line for line in lines if line.startswith(("The guide", "Run"))]
    assert headline(diagnosis()).startswith("healthy: 1.00 times")


def test_what_no_weight_cures_has_no_study_but_something_to_look_at(capsys):
    found = diagnosis(bleeding=0.4)
    assert found.study is None
    lines = " ".join(printed(capsys, found, None))
    assert "no weight of the loss moves colors back; look whether gray and color" in lines
    assert "The guide" not in lines
    assert "Run:" not in lines
    assert diagnosis_record(CASE, found, Path("d.png"), None)["study"] is None


def test_few_photos_are_called_a_guess(capsys):
    lines = printed(capsys, diagnosis(photos=5, chroma_ratio=0.5))
    assert lines[2] == (
        "A guess: first in 98 % of bootstrap samples, but 5 photos are few, 32 or more are "
        "reliable."
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"chroma_ratio": 0.1}, "gray: 0.10 times the photos' chroma"),
        ({"lightness_drift": -6.0}, "brightness: 6.0 Lab units of lightness darker than the"),
        ({"lightness_drift": 6.0}, "brightness: 6.0 Lab units of lightness brighter than the"),
        ({"lightness_rmse": 9.0}, "brightness: lightness is off by 9.0 Lab units"),
        ({"lightness_gain": 0.5}, "brightness: 0.50 times the photos' contrast"),
        ({"tint": 9.0, "tint_hue": -60.0}, "purple-cast: a tint of 9.0 Lab units towards purple"),
        ({"hue_turn": -90.0}, "wrong-objects: all hues are turned by -90 degrees"),
        ({"ab_correlation": 0.1}, "wrong-objects: the correlation with the photos' colors is 0.10"),
        ({"color_noise": 4.0}, "too-vibrant: colors change 4.0 times as much from pixel to pixel"),
        ({"b_ratio": 0.5, "b_slope": 0.5}, "channel-balance: blue-yellow has 0.50 times the str"),
        ({"a_ratio": 0.5, "a_slope": 0.5}, "channel-balance: red-green has 0.50 times the str"),
        ({"bleeding": 0.4}, "bleeding: edges of color fit the photos' by 40% less than they fit"),
    ],
)
def test_every_measure_is_said_in_words(changes, said):
    assert headline(diagnosis(**changes)).startswith(said)


@pytest.mark.parametrize(
    ("hue", "name"),
    [(0, "pink"), (40, "red"), (103, "yellow"), (136, "green"), (306, "purple"), (350, "pink")],
)
def test_hues_have_names(hue, name):
    assert hue_name(hue) == name


def test_the_record_has_what_a_script_needs():
    record = diagnosis_record(CASE, diagnosis(chroma_ratio=0.5), Path("d.png"), "tuner run")
    assert (record["symptom"], record["also"], record["study"]) == ("washed-out", [], "washed-out")
    assert record["measures"]["chroma_ratio"] == 0.5
    assert record["findings"][0] | {"low": 0.4, "high": 0.6} == record["findings"][0]
    healthy = diagnosis_record(CASE, diagnosis(), Path("d.png"), None)
    assert (healthy["symptom"], healthy["study"], healthy["findings"]) == ("healthy", None, [])
