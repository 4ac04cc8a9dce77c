from math import exp, log, sqrt

import numpy as np
import pytest

from tuner.results import Evaluation, TrialResult
from tuner.results.events import AnyEvent, StudyFinished
from tuner.search.procedure import run_procedure

STAGES = (
    {"vary": "ab", "times": [0.4, 2.5]},
    {"vary": "sat", "times": [0.4, 2.5]},
    {"vary": "l", "times": [0.4, 2.5]},
)
START = {"ab": 1.0, "sat": 1.0, "l": 1.0}


def studied(plan_of, scorer, depths, seed=0, noise=0.01):
    """A study where each weight has its best value at 2.5 and carries so much of the gain."""
    random = np.random.default_rng(seed)

    def score(weights, seed):
        truth = sum(
            depth * (log(weights[name] / 2.5) / log(2.5)) ** 2 for name, depth in depths.items()
        )
        return truth + seed / 50 + random.normal(0, noise)

    found = run_procedure(plan_of(*STAGES, weights=START, combination=4), scorer(score))
    return found, {effect.name: effect for effect in found.effects}


def test_each_weight_carries_its_share_of_the_gain(plan_of, scorer):
    _, effects = studied(plan_of, scorer, {"ab": 0.15, "sat": 0.05})
    assert effects["ab"].share.value == pytest.approx(0.75, abs=0.12)
    assert effects["sat"].share.value == pytest.approx(0.25, abs=0.12)
    assert effects["l"].share is None
    for name, truth in (("ab", 0.75), ("sat", 0.25)):
        assert effects[name].share.low <= truth <= effects[name].share.high


def test_one_weight_alone_carries_all_of_it(plan_of, scorer):
    found, effects = studied(plan_of, scorer, {"ab": 0.2})
    assert found.best["sat"] == found.best["l"] == 1.0
    share = effects["ab"].share
    assert (share.value, share.low, share.high) == pytest.approx((1.0, 1.0, 1.0), abs=1e-6)


def test_what_matters_is_told_from_what_does_not(plan_of, scorer):
    _, effects = studied(plan_of, scorer, {"ab": 0.15, "sat": 0.1})
    assert {name: effect.matters for name, effect in effects.items()} == {
        "ab": True, "sat": True, "l": False
    }  # fmt: skip
    assert effects["l"].tried[0] <= 0.4
    assert effects["l"].tried[1] >= 2.5


def test_values_around_the_best_are_as_good_and_the_start_is_not(plan_of, scorer):
    found, effects = studied(plan_of, scorer, {"ab": 0.2})
    low, high = effects["ab"].as_good
    assert low <= found.best["ab"] <= high
    assert 1.0 < low <= 2.5 <= high
    assert effects["ab"].tried[0] <= low <= high <= effects["ab"].tried[1]


def test_a_value_that_loses_less_than_a_tenth_of_the_gain_is_as_good(plan_of, scorer):
    # Of 0.2, a tenth is lost at 2.5 to the power of 1 +- sqrt(0.1).
    _, effects = studied(plan_of, scorer, {"ab": 0.2}, noise=0.0001)
    low, high = effects["ab"].as_good
    assert (low, high) == pytest.approx((2.5**0.68, 2.5**1.32), rel=0.15)
    assert high / low > 1.5


def test_a_difference_that_a_study_says_does_not_count_widens_the_ranges(plan_of, scorer):
    def score(weights, seed):
        return 0.2 * log(weights["ab"] / 2.5) ** 2 + seed / 50

    narrow, wide = (
        run_procedure(plan_of(*STAGES, weights=START, **asked), scorer(score)).effects[0].as_good
        for asked in ({}, {"confirm": {"margin": 0.05}})
    )
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_values_that_left_early_are_compared_by_their_forecast(plan_of):
    plan = plan_of(*STAGES, weights=START, confirm={"margin": 0.1})

    def train(trials):
        return [_left_early_below_the_start(trial) for trial in trials]

    effect = run_procedure(plan, train).effects[0]
    assert effect.tried == (1.0, effect.tried[1])
    assert effect.as_good[0] == pytest.approx(exp(-sqrt(0.1 / 0.2)), rel=0.1)


def _left_early_below_the_start(trial):
    score = 0.2 * log(trial.weights["ab"]) ** 2 + trial.seed / 50
    on_the_way = (Evaluation(step=trial.steps // 2, score=score + 0.3, ab_slope=0.5),)
    early = trial.weights["ab"] < START["ab"]
    status, ended = ("pruned", None) if early else ("complete", score)
    return TrialResult(trial=trial, status=status, score=ended, evaluations=on_the_way)


def test_a_weight_that_was_right_as_it_is_matters_without_a_share(plan_of, scorer):
    random = np.random.default_rng(1)

    def score(weights, seed):
        away = log(weights["ab"]) ** 2
        return 0.2 * away + seed / 50 + random.normal(0, 0.01)

    found = run_procedure(plan_of(*STAGES, weights=START, combination=4), scorer(score))
    effect = found.effects[0]
    assert (effect.start, effect.value, effect.matters, effect.share) == (1.0, 1.0, True, None)
    assert effect.as_good[0] < 1.0 < effect.as_good[1]


def test_where_the_claim_fails_the_start_is_described(plan_of, scorer):
    plan = plan_of(*STAGES, weights=START)

    def score(weights, seed):
        away = log(weights["ab"] / 2.5) ** 2
        return -away if seed in plan.confirm_seeds else away

    found = run_procedure(plan, scorer(score))
    assert found.best == START
    assert {effect.value for effect in found.effects} == {1.0}


def test_effects_are_those_of_all_varied_weights_in_order(plan_of, scorer):
    found, effects = studied(plan_of, scorer, {})
    assert [*effects] == ["ab", "sat", "l"]
    assert not any(effect.matters for effect in found.effects)
    assert found.best == START


def test_the_end_of_a_study_that_was_written_before_still_loads():
    before = {
        "event": "study finished", "best_weights": START, "incumbent_weights": START,
        "confirmation": None, "noise": None,
    }  # fmt: skip
    finished = AnyEvent.validate_python(before)
    assert (finished.effects, finished.simplification) == ((), None)


def test_effects_survive_being_written(plan_of, scorer):
    found, _ = studied(plan_of, scorer, {"ab": 0.2})
    told = StudyFinished(
        best_weights=found.best, incumbent_weights=found.incumbent, confirmation=None, noise=None,
        effects=found.effects, simplification=found.simplification,
    )  # fmt: skip
    assert AnyEvent.validate_json(told.model_dump_json()) == told
