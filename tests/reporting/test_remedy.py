import math

import numpy as np
import pytest
from predictions import HEALTHY, PALE, SEPIA

from tuner.color.symptoms import find_symptoms
from tuner.reporting.outcome import describe_diagnosis
from tuner.reporting.remedy import Ended, describe_remedy
from tuner.results import Comparison, Evaluation, StageResult, SurfacePoint, Trial, TrialResult
from tuner.spec.study_file import load_study

SPEC = load_study("sepia-fix")
BEST = {**SPEC.weights, "ab_weight": 4.0}
SEEDS = (101, 102, 103, 104, 105)
RISES = (0.05, 0.1, 0.2, 0.4)
FLAT = (0.3, 0.5, 0.62, 0.65)
MANY = "300 photos, 1200 training squares"


def course(slopes, off=0.0, steps=5000):
    """Evaluations at 1/8, 1/4, 1/2 and the end; the score falls as the slope rises."""
    return tuple(
        Evaluation(step=round(share * steps), score=2.0 - slope + off, ab_slope=slope)
        for share, slope in zip((1 / 8, 1 / 4, 1 / 2, 1), slopes, strict=True)
    )


def claimed(slopes, weights=BEST, scatter=0.01, **measures):
    """A trial of the claim for each seed."""
    return [
        TrialResult(
            trial=Trial(weights=weights, seed=seed, steps=5000, role="confirmation", number=seed),
            status="complete",
            score=1.0,
            measures={**HEALTHY, **SEPIA, **measures},
            evaluations=course(
                [one + scatter * math.sin(seed * at) for at, one in enumerate(slopes)]
            ),
        )
        for seed in SEEDS
    ]  # fmt: skip


def stage(varied, gain):
    """A stage of which a gain of 0.05 would have been seen."""
    compared = Comparison(
        before=1.0, after=1.0 - gain, gain=gain, low=gain - 0.05, high=gain + 0.05,
        confidence=0.8, seeds=(1, 2), verdict="better" if gain > 0.05 else "no difference",
    )  # fmt: skip
    curve = tuple(SurfacePoint(value=v, gain=gain * v, low=-0.1, high=0.1) for v in (0.5, 1.0))
    return StageResult(
        number=1, varied=varied, because="", start=1.0, chosen=1.0, best_tried=2.0,
        tried=((1.0, 1.0), (2.0, 1.0 - gain)), comparison=compared, curve=curve,
    )  # fmt: skip


SEEN, UNSEEN = stage("ab_weight", 0.2), stage("perceptual_weight", 0.01)


def told(results=None, stages=(SEEN,), photos=MANY, spec=SPEC, ill=SEPIA):
    recorded = spec.model_dump(mode="json")
    results = claimed(FLAT, ab_correlation=0.7) if results is None else results
    left = find_symptoms({**HEALTHY, **ill})
    return describe_remedy(Ended(results, stages, BEST, recorded, photos), left)


def test_colors_that_are_still_learned_need_a_longer_training():
    assert told(claimed(RISES)) == (
        "What would help: longer trainings; from step 2500 to 5000 the slope of the colors rose "
        "from 0.20 to 0.40 (1 is all of them): tuner run --study sepia-fix --steps 10000 --set "
        "study=sepia-fix-10000"
    )


@pytest.mark.parametrize(
    "slopes",
    [FLAT, (0.6, 0.8, 0.92, 0.93), (0.4, 0.5, 0.5, 0.4)],
    ids=["learned what it can", "learned nearly all", "falls again"],
)
def test_colors_that_are_learned_need_none(slopes):
    assert "longer" not in told(claimed(slopes, ab_correlation=0.7))


def test_where_the_score_does_not_follow_the_slope_no_longer_training_is_advised():
    level = [
        one.model_copy(update={"evaluations": tuple(
            at.model_copy(update={"score": 1.0 + 0.1 * math.sin(at.step + one.trial.seed)})
            for at in one.evaluations
        )})
        for one in claimed(RISES, ab_correlation=0.7)
    ]  # fmt: skip
    assert told(level) == ""


@pytest.mark.parametrize(("half", "longer"), [(1.5, True), (1.32, False)])
def test_a_score_that_still_falls_by_a_quarter_of_its_fall_needs_a_longer_training(half, longer):
    flat = [
        one.model_copy(update={"evaluations": tuple(
            Evaluation(step=step, score=score + seed / 1e4, ab_slope=0.4)
            for step, score in ((0, 1.7), (2500, half + seed / 2e4), (5000, 1.3))
        )})
        for seed, one in enumerate(claimed(FLAT, ab_correlation=0.7))
    ]  # fmt: skip
    said = (
        "longer trainings; from step 2500 to 5000 the score fell from 1.50 to 1.30, and from 1.70"
    )
    assert (said in told(flat)) == longer


def test_a_study_that_a_command_would_not_repeat_gets_no_command():
    other = SPEC.model_copy(update={"weights": {**SPEC.weights, "l_weight": 0.7}})
    assert told(claimed(RISES), spec=other).endswith("(1 is all of them).")
    unknown = SPEC.model_copy(update={"study": "nowhere-to-be-found"})
    assert told(claimed(RISES), spec=unknown).endswith("(1 is all of them).")


def test_where_no_stage_had_a_visible_effect_no_weight_can():
    assert told(stages=[UNSEEN, stage("ab_weight", 0.0)]) == (
        "What would help: no weight of this loss; perceptual_weight and ab_weight had no visible "
        "effect (gains of 0.05 would have been seen). Other photos, another network or another "
        "loss may."
    )


def test_one_visible_effect_is_enough_to_keep_looking():
    assert told(stages=[UNSEEN, SEEN]) == ""
    assert told(stages=[]) == ""


def test_another_symptom_has_another_study():
    assert told(ill=PALE) == (
        "What would help: the study for washed-out (chroma_ratio 0.6): tuner run --study "
        "washed-out --set study=sepia-fix-washed-out --set weights.perceptual_weight=1 --set "
        "weights.l_weight=1 --set weights.ab_weight=4 --set weights.saturation_weight=0.1"
    )


@pytest.mark.parametrize(("photos", "few"), [("8 photos, 40 training squares", True), (MANY, False),
                                             ("", False)])  # fmt: skip
def test_few_photos_are_named_with_their_number(photos, few):
    assert told(photos=photos).startswith("What would help: more photos; 8 are too few") is few


def test_colors_that_stand_still_and_hardly_follow_the_photos_cannot_be_known():
    assert told(claimed((0.1, 0.2, 0.29, 0.3), ab_correlation=0.31)) == (
        "What would help: other photos, or a larger network; the colors follow the photos' with a "
        "correlation of 0.31 only, and their slope no longer rises (0.29 to 0.30)."
    )


def test_what_is_cured_needs_nothing():
    assert told(claimed(RISES), ill={}) == ""


def test_it_stands_behind_the_diagnosis_of_a_finished_study_only():
    start = claimed(FLAT, SPEC.weights)
    results = [*start, *claimed(RISES, tint=6.0)]
    ended = Ended(results, [SEEN], BEST, SPEC.model_dump(mode="json"), MANY)
    found = describe_diagnosis(results, SPEC.weights, BEST, "sepia-fix", ended=ended).sentence
    assert found.startswith("Still sepia-cast, but less (tint 9 -> 6")
    assert "). What would help: longer trainings; " in found
    assert describe_diagnosis(results, SPEC.weights, None, "sepia-fix").remedy == ""


def learning(half_life, generator):
    """Slopes of a network that has learned half of what it can after a share of its steps."""
    shares = np.array([1 / 8, 1 / 4, 1 / 2, 1])
    slopes = 0.6 * (1 - 0.5 ** (shares / half_life))
    return (slopes + generator.normal(0, 0.015, 4)).clip(0.01)


@pytest.mark.parametrize(("half_life", "least", "most"), [(0.08, 0, 5), (1.0, 95, 100)])
def test_of_100_made_up_studies_hardly_any_gets_false_advice(half_life, least, most):
    generator = np.random.default_rng(1)
    advised = 0
    for _ in range(100):
        trials = claimed(FLAT, ab_correlation=0.7)
        results = [
            one.model_copy(update={"evaluations": course(learning(half_life, generator))})
            for one in trials
        ]
        advised += "longer" in told(results)
    assert least <= advised <= most


def test_where_the_start_weights_stay_one_cure_is_told_and_not_two():
    results = claimed(RISES, SPEC.weights)
    ended = Ended(results, [SEEN], SPEC.weights, SPEC.model_dump(mode="json"), MANY)
    kept = SPEC.weights
    found = describe_diagnosis(
        results, kept, kept, "mine", {"ab_weight": "ab"}, ended=ended
    ).sentence
    assert found.startswith("Diagnosis of the start weights: sepia-cast (tint 9; healthy is below ")
    assert "4). What would help: longer trainings; " in found
    assert "Treat it" not in found


def test_the_study_that_would_help_is_named_once():
    results = claimed(FLAT, SPEC.weights, ab_correlation=0.7, tint=1.0, **PALE)
    recorded = SPEC.model_dump(mode="json")
    ended = Ended(results, [SEEN], SPEC.weights, recorded, MANY)
    found = describe_diagnosis(results, SPEC.weights, SPEC.weights, "sepia-fix", ended=ended)
    assert found.state.startswith("Diagnosis of the start weights: washed-out (")
    assert "the study for that" not in found.state
    assert found.remedy.startswith("What would help: the study for washed-out (")
