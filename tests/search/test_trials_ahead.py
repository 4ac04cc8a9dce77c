from itertools import pairwise
from math import log

import pytest

from tuner.results import TrialResult
from tuner.search.procedure import replay
from tuner.search.trials_ahead import surest_ahead
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec

PLAN = make_plan(
    StudySpec(
        study="ahead",
        weights={"ab": 2.0},
        stages=[{"vary": "ab", "values": [4, 8]}],
        repeats={"baseline": 2, "decide": 2, "confirm": 2},
    )
)


def steps(best):
    """The study's steps, where scores rise with the distance from the best value."""
    results = []
    while (step := replay(PLAN, results)).result is None:
        yield step
        for trial in step.missing:
            score = 1 + abs(log(trial.weights["ab"] / best)) + trial.seed / 1000
            numbered = trial.model_copy(update={"number": len(results)})
            results.append(TrialResult(trial=numbered, status="complete", score=score))


def told(trials):
    return [(one.weights["ab"], one.seed, one.role) for one in trials]


def test_beside_a_value_beyond_the_edge_come_the_next_one_and_repeats_of_the_best():
    step = next(one for one in steps(16.0) if told(one.missing) == [(16.0, 1, "candidate")])
    *starts, further, repeated = surest_ahead(PLAN, step)
    assert told(starts) == [(2.0, seed, "confirmation") for seed in PLAN.confirm_seeds]
    assert told([further, repeated]) == [(32.0, 1, "candidate"), (8.0, 2, "repeat")]
    assert further.ahead
    assert repeated.ahead


@pytest.mark.parametrize("best", [16.0, 8.0])
def test_whether_a_value_beyond_the_edge_wins_or_not_what_follows_came_beside_it(best):
    one, after = next(
        (one, after)
        for one, after in pairwise(steps(best))
        if told(one.missing) == [(16.0, 1, "candidate")]
    )
    assert {*told(after.missing)} < {*told(surest_ahead(PLAN, one))}


def test_before_the_noise_is_known_only_the_start_weights_come_beside():
    step = next(steps(16.0))
    assert told(surest_ahead(PLAN, step)) == [
        (2.0, seed, "confirmation") for seed in PLAN.confirm_seeds
    ]


def test_nothing_is_said_of_what_several_trials_decide_together():
    step = next(one for one in steps(16.0) if len(one.missing) > 1 and one.judgements)
    assert len([*surest_ahead(PLAN, step)]) == len(PLAN.confirm_seeds)
