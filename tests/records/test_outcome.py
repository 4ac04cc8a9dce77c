import math
import re

import pytest

from tuner.records.outcome import tell_diagnosis, tell_illness, tell_outcome
from tuner.results import Trial, TrialResult

START, BEST = {"ab_weight": 2.0}, {"ab_weight": 4.0}
GOOD = {
    "chroma_ratio": 0.95, "lightness_drift": 0.1, "lightness_rmse": 1.0, "lightness_gain": 1.0,
    "hue_concentration": 0.5, "hue_concentration_target": 0.5, "mean_shift": 0.5, "ab_fit": 0.9,
    "a_slope": 0.9, "b_slope": 0.9, "color_noise": 1.0, "tint": 0.5, "tint_hue": 80.0,
    "hue_turn": 2.0, "ab_correlation": 0.9, "a_ratio": 0.95, "b_ratio": 0.95,
}  # fmt: skip
SEPIA = {"tint": 9.0, "mean_shift": 9.0}
PALE = {"chroma_ratio": 0.6, "a_ratio": 0.6, "b_ratio": 0.6}


def result(weights, seed, role="confirmation", **changed):
    trial = Trial(weights=weights, seed=seed, steps=10, role=role)
    measures = {**GOOD, **changed}
    return TrialResult(trial=trial, status="complete", score=1.0, measures=measures)


def confirmed(before, after, seeds=(101, 102, 103, 104, 105), scatter=0.2):
    """Both weights on each seed, with measures that differ a little between seeds."""
    told = []
    for index, seed in enumerate(seeds):
        off = scatter * math.sin(index)
        for weights, changed in ((START, before), (BEST, after)):
            told.append(result(weights, seed, **{k: v + off for k, v in changed.items()}))
            off = -off
    return told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (SEPIA, {}, r"Cured: sepia-cast \(tint 9\.\d+ -> 0.5; healthy is below 4\)\."),
        (SEPIA, {**SEPIA, "tint": 6.0},
         r"Still sepia-cast, but less \(tint 9\.\d+ -> [56]\.\d+; healthy is below 4\)\."),
        (SEPIA, {**SEPIA, "tint": 12.0}, r"Still sepia-cast, and more \(tint 9.* -> 1[12].*\)\."),
        (SEPIA, SEPIA, r"Still sepia-cast, not visibly less \(tint .*\)\."),
        (SEPIA, {**SEPIA, **PALE}, r"Still sepia-cast and washed-out, not visibly less \(.*\)\."),
        (SEPIA, PALE, r"No longer sepia-cast \(tint .* -> 0.5; .*\), but washed-out\."),
        (PALE, {**PALE, "chroma_ratio": 0.7},
         r"Still washed-out, but less \(chroma_ratio 0\.\d+ -> 0\.\d+; healthy is above 0.75\)\."),
        ({}, PALE, r"New with the best weights: washed-out \(chroma_ratio 0\.\d+; healthy .*\)\."),
        ({}, {}, ""),
    ],
)  # fmt: skip
def test_what_became_of_the_symptom_is_told(before, after, told):
    scatter = 0.02 if "chroma_ratio" in {**before, **after} else 0.2
    assert re.fullmatch(told, tell_outcome(confirmed(before, after, scatter=scatter), START, BEST))


def test_two_seeds_are_too_few_to_tell():
    told = tell_outcome(confirmed(SEPIA, {**SEPIA, "tint": 6.0}, (101, 102)), START, BEST)
    assert told.startswith("Still sepia-cast, too few seeds to tell whether less (tint ")


def test_only_the_seeds_of_the_claim_count():
    results = [result(START, 1, "baseline", **SEPIA), result(BEST, 1, "candidate")]
    assert tell_outcome(results, START, BEST) == ""
    assert tell_outcome(confirmed(SEPIA, {}), START, START) == ""


def test_the_start_weights_are_told_with_the_study_for_them():
    results = [result(START, seed, "baseline", **SEPIA, **PALE) for seed in (1, 2, 3)]
    assert tell_illness(results, START, "sepia-fix") == (
        "Diagnosis of the start weights: sepia-cast (tint 9; healthy is below 4) and washed-out."
    )
    assert tell_illness(results, START, "mine").endswith("; sepia-fix is the study for that.")
    well = [result(START, 1, "baseline")]
    assert tell_illness(well, START, "mine") == "Diagnosis of the start weights: healthy."


def test_hues_around_0_have_their_mean_at_0():
    pinks = [result(START, seed, **SEPIA, tint_hue=hue) for seed, hue in ((1, 350.0), (2, 2.0))]
    assert tell_illness(pinks, START, "mine").startswith(
        "Diagnosis of the start weights: purple-cast (tint 9; "
    )


def test_where_nothing_was_measured_nothing_is_told():
    trial = Trial(weights=START, seed=1, steps=10, role="baseline")
    bare = TrialResult(trial=trial, status="complete", score=1.0, measures={"loss": 1.0})
    failed = result(START, 2, **SEPIA).model_copy(update={"score": None})
    assert tell_illness([bare, failed], START, "mine") == ""
    assert tell_diagnosis([bare, failed], START, BEST, "mine") == ""


def test_an_unfinished_study_and_one_that_keeps_its_weights_tell_of_these():
    results = confirmed(SEPIA, {})
    for best in (None, START):
        assert tell_diagnosis(results, START, best, "mine").startswith("Diagnosis of the start")
    assert tell_diagnosis(results, START, BEST, "mine").startswith("Cured: sepia-cast")
