import math

import pytest
import torch

from tuner.color import score
from tuner.color.score import Scorer, judge
from tuner.color.spaces import gray_of
from tuner.errors import PhotosError
from tuner.spec.objective import GuardrailsSpec, LpipsSpec, ObjectiveSpec, TermSpec

# From best to worst. Two that the design lists in between have no fixed place on these photos:
# "L + 10" is nearly all LPIPS, and moves with the net; "constant sepia" is close to warm photos.
ORDER = [
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
def scorer(photos, squeeze):
    return Scorer(photos, ObjectiveSpec(), GuardrailsSpec(), squeeze)


@pytest.fixture(scope="module")
def scores(scorer, distorted):
    return {name: scorer.score(rgb) for name, rgb in distorted.items()}


def test_distortions_score_in_their_order(scores):
    values = [scores[name].value for name in ORDER]
    assert values == sorted(values)


def test_distortions_without_a_fixed_place_stay_within_bounds(scores):
    assert scores["chroma x1.5"].value < scores["L + 10"].value < scores["sepia wash"].value
    sepia = scores["constant sepia"].value
    assert scores["purple wash"].value < sepia < scores["opposite hues"].value


def test_the_photo_scores_0_and_gray_scores_2(scores):
    assert scores["identity"].value == pytest.approx(0, abs=1e-6)
    assert scores["gray"].value == pytest.approx(2, abs=1e-6)


def test_the_score_is_the_sum_of_its_terms(scores):
    for found in scores.values():
        of_color = ("lpips", "colorfulness", "cast")
        assert found.value == pytest.approx(sum(found.terms[name] for name in of_color))


def test_terms_are_what_the_measures_say(scores):
    found, gray = scores["sepia wash"], scores["gray"].measures
    terms = {
        "lpips": found.measures["lpips"] / gray["lpips"],
        "colorfulness": found.measures["colorfulness_gap"] / gray["colorfulness_gap"],
        "cast": 0.04 * (found.measures["cast"] - 2),
        "lightness": 0.04 * max(0, found.measures["lightness_rmse"] - 2),
    }
    assert dict(found.terms) == pytest.approx(terms)


def test_importances_multiply_their_terms(photos, squeeze, distorted):
    objective = ObjectiveSpec(
        lpips=LpipsSpec(importance=0), colorfulness=TermSpec(importance=3), cast=TermSpec()
    )
    found = Scorer(photos, objective, GuardrailsSpec(), squeeze).score(distorted["purple wash"])
    assert found.value == pytest.approx(3 * found.terms["colorfulness"] + found.terms["cast"])


def test_lightness_counts_where_it_is_asked_for(photos, squeeze, distorted, scores):
    objective = ObjectiveSpec(lightness=TermSpec(importance=2))
    scorer = Scorer(photos, objective, GuardrailsSpec(), squeeze)
    brighter, usual = scorer.score(distorted["L + 10"]), scores["L + 10"]
    assert brighter.terms["lightness"] == pytest.approx(
        0.04 * (usual.measures["lightness_rmse"] - 2)
    )
    assert brighter.value == pytest.approx(usual.value + 2 * brighter.terms["lightness"])
    for name in ("identity", "gray"):
        assert scorer.score(distorted[name]).value == pytest.approx(scores[name].value)


def test_the_score_does_not_depend_on_how_photos_are_chunked(
    monkeypatch, photos, squeeze, scores, distorted
):
    monkeypatch.setattr(score, "_CHUNK_PIXELS", 5 * 64 * 64)
    monkeypatch.setattr(score, "_KEPT_BYTES", 0)
    found = Scorer(photos, ObjectiveSpec(), GuardrailsSpec(), squeeze).score(distorted["hedged"])
    assert found.value == pytest.approx(scores["hedged"].value, abs=1e-5)


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
