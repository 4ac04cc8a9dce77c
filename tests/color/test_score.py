import math

import pytest
import torch

from tuner.color import score
from tuner.color.measures import Photos, read
from tuner.color.packaged import FOR_SCORE
from tuner.color.perceptual import PerceptualDistance
from tuner.color.score import Scorer, judge
from tuner.color.spaces import gray_of, lab_to_rgb, rgb_to_lab
from tuner.errors import PhotosError
from tuner.spec.objective import GuardrailsSpec, LpipsSpec, ObjectiveSpec, TermSpec

# From best to worst, with the packaged trunk. Two that are no matter of color, or of color alone,
# have no fixed place: "L + 10" is nearly all LPIPS, and "color noise" moves with the size.
ORDER = [
    "identity",
    "chroma x1.2",
    "chroma x0.8",
    "chroma x1.5",
    "chroma x0.5",
    "chroma x2",
    "hedged",
    "sepia wash",
    "purple wash",
    "gray",
    "constant sepia",
    "opposite hues",
    "another's colors",
]

# The same in the first version of the score, with a random trunk.
FIRST_ORDER = [
    "identity",
    "chroma x1.2",
    "chroma x0.8",
    "chroma x1.5",
    "chroma x0.5",
    "hedged",
    "chroma x2",
    "color noise",
    "sepia wash",
    "purple wash",
    "another's colors",
    "gray",
    "opposite hues",
]


@pytest.fixture(scope="module")
def packaged():
    return PerceptualDistance(trunk="packaged", blocks=FOR_SCORE)


@pytest.fixture(scope="module")
def scorer(photos, packaged):
    return Scorer(photos, ObjectiveSpec(), GuardrailsSpec(), packaged)


@pytest.fixture(scope="module")
def first_scores(photos, squeeze, distorted):
    scorer = Scorer(photos, ObjectiveSpec(version=1), GuardrailsSpec(), squeeze)
    return {name: scorer.score(rgb) for name, rgb in distorted.items()}


@pytest.fixture(scope="module")
def scores(scorer, distorted):
    return {name: scorer.score(rgb) for name, rgb in distorted.items()}


def test_distortions_score_in_their_order(scores):
    values = [scores[name].value for name in ORDER]
    assert values == sorted(values)


def test_distortions_without_a_fixed_place_stay_within_bounds(scores):
    assert scores["chroma x1.2"].value < scores["L + 10"].value < scores["hedged"].value
    assert scores["purple wash"].value < scores["color noise"].value
    assert scores["color noise"].value < scores["another's colors"].value


def test_distortions_scored_in_another_order_by_the_first_version(first_scores):
    values = [first_scores[name].value for name in FIRST_ORDER]
    assert values == sorted(values)
    light = first_scores["L + 10"].value
    assert first_scores["chroma x1.5"].value < light < first_scores["sepia wash"].value
    sepia = first_scores["constant sepia"].value
    assert first_scores["purple wash"].value < sepia < first_scores["opposite hues"].value


def test_colors_score_the_worse_the_farther_they_are_displaced(scorer, photos, scores):
    lightness, color = rgb_to_lab(photos).split((1, 2), dim=1)
    moved = [lab_to_rgb(torch.cat((lightness, color.roll(by, -1)), dim=1)) for by in (1, 2, 4, 8)]
    values = [scorer.score(rgb).value for rgb in moved]
    assert values == sorted(values)
    assert values[0] > scores["chroma x0.8"].value


def test_the_photo_scores_0_and_gray_scores_2(scores, first_scores):
    for found in (scores, first_scores):
        assert found["identity"].value == pytest.approx(0, abs=1e-6)
        assert found["gray"].value == pytest.approx(2, abs=1e-6)


def test_the_score_is_the_sum_of_its_terms(scores, first_scores):
    for found in (*scores.values(), *first_scores.values()):
        of_color = ("lpips", "structure", "colorfulness", "cast")
        assert found.value == pytest.approx(sum(found.terms[name] for name in of_color))


@pytest.mark.parametrize(("version", "structure", "share"), [(1, 0, 1), (2, 0.5, 0.5)])
def test_terms_are_what_the_measures_say(scores, first_scores, version, structure, share):
    all_scores = {1: first_scores, 2: scores}[version]
    found, gray = all_scores["sepia wash"], all_scores["gray"].measures
    assert dict(found.terms) == pytest.approx(
        {
            "lpips": found.measures["lpips"] / gray["lpips"],
            "structure": structure * (1 - found.measures["ab_ssim"]) / (1 - gray["ab_ssim"]),
            "colorfulness": share * found.measures["colorfulness_gap"] / gray["colorfulness_gap"],
            "cast": share * 0.04 * (found.measures["cast"] - 2),
            "lightness": 0.04 * max(0, found.measures["lightness_rmse"] - 2),
        }
    )


def test_importances_multiply_their_terms(photos, squeeze, distorted):
    objective = ObjectiveSpec(
        lpips=LpipsSpec(importance=0),
        structure=TermSpec(importance=0),
        colorfulness=TermSpec(importance=3),
    )
    found = Scorer(photos, objective, GuardrailsSpec(), squeeze).score(distorted["purple wash"])
    assert found.value == pytest.approx(3 * found.terms["colorfulness"] + found.terms["cast"])


def test_lightness_counts_where_it_is_asked_for(photos, packaged, distorted, scores):
    objective = ObjectiveSpec(lightness=TermSpec(importance=2))
    scorer = Scorer(photos, objective, GuardrailsSpec(), packaged)
    brighter, usual = scorer.score(distorted["L + 10"]), scores["L + 10"]
    assert brighter.terms["lightness"] == pytest.approx(
        0.04 * (usual.measures["lightness_rmse"] - 2)
    )
    assert brighter.value == pytest.approx(usual.value + 2 * brighter.terms["lightness"])
    for name in ("identity", "gray"):
        assert scorer.score(distorted[name]).value == pytest.approx(scores[name].value)


def test_the_score_does_not_depend_on_how_photos_are_chunked(
    monkeypatch, photos, packaged, scores, distorted
):
    monkeypatch.setattr(score, "_CHUNK_PIXELS", 5 * 64 * 64)
    monkeypatch.setattr(score, "_KEPT_BYTES", 0)
    found = Scorer(photos, ObjectiveSpec(), GuardrailsSpec(), packaged).score(distorted["hedged"])
    assert found.value == pytest.approx(scores["hedged"].value, abs=1e-5)


def test_what_is_kept_of_the_photos_takes_no_more_room_than_is_reckoned(photos):
    target = Photos.of(photos)
    read(Photos.of(photos * 0.5), target, torch.zeros(len(photos)))
    scales = [part for scale in target.ab_scales for part in (scale.pictures, scale.mean)]
    kept = [target.smoothed.mean, target.edges.steps, *scales]
    pixels = photos[:, 0].numel()
    assert sum(part.nbytes for part in kept) < score._BYTES_A_PIXEL * pixels
    assert target.edges is target.edges


def test_values_outside_the_screen_are_clamped(scorer, photos):
    assert scorer.score(photos * 3 - 1).value == scorer.score((photos * 3 - 1).clamp(0, 1)).value


def test_noise_and_brightness_are_rejected_others_are_not(scores):
    assert scores["color noise"].rejected.startswith("color noise: colors change 1")
    assert "9.7 Lab units brighter than the photos (limit 3)" in scores["L + 10"].rejected
    for name in ("chroma x1.5", "hedged", "sepia wash", "gray", "another's colors"):
        assert (scores[name].rejected, scores[name].warnings) == ("", ())


@pytest.mark.parametrize(
    ("reaction", "rejections", "warnings"), [("reject", 2, 0), ("warn", 0, 2), ("off", 0, 0)]
)
def test_a_guardrail_rejects_warns_or_looks_away(reaction, rejections, warnings):
    spec = GuardrailsSpec(color_noise=reaction, brightness_drift=reaction)
    rejected, noticed = judge({"color_noise": 1.6, "lightness_drift": -3.5}, spec)
    assert len([part for part in rejected.split("; ") if part]) == rejections
    assert len(noticed) == warnings
    assert all("darker" in text or "1.6 times" in text for text in noticed)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_broken_prediction_has_no_score_but_a_reason(scorer, photos, scores, value):
    broken = photos.clone()
    broken[3, 0, 0, 0] = value
    found = scorer.score(broken)
    assert math.isnan(found.value)
    assert found.rejected == "1 of 72 predictions hold NaN or infinity"
    assert set(found.measures) == set(scores["gray"].measures)


def test_every_photo_is_recorded(scores):
    assert {len(values) for values in scores["hedged"].per_photo.values()} == {72}
    mean = sum(scores["hedged"].per_photo["lpips"]) / 72
    assert mean == pytest.approx(scores["hedged"].measures["lpips"])


def test_photos_without_color_cannot_be_scored_on(photos, squeeze):
    with pytest.raises(PhotosError, match="have no color"):
        Scorer(gray_of(photos[:3]), ObjectiveSpec(), GuardrailsSpec(), squeeze)


@pytest.mark.parametrize("shape", [(0, 3, 32, 32), (1, 3, 12, 32)])
def test_photos_too_small_or_too_few_are_refused(shape, squeeze):
    with pytest.raises(PhotosError, match="16x16 pixels or more"):
        Scorer(torch.rand(shape), ObjectiveSpec(), GuardrailsSpec(), squeeze)
