"""A study that goes on is still a function of its results."""

from math import log

import numpy as np
import pytest
from scipy.special import stdtrit

from tuner.results import TrialResult
from tuner.search.error_spending import level_of_a_look, level_of_a_part
from tuner.search.procedure import replay
from tuner.spec.going_on import goes_on_with
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec

AB = {"vary": "ab", "values": [1, 4]}


def study(*stages):
    return StudySpec(study="s", weights={"ab": 2.0, "l": 1.0}, stages=stages, combination=2)


def result(trial, number):
    score = log(trial.weights["ab"] / 4) ** 2 + log(trial.weights["l"] / 0.5) ** 2
    luck = np.random.default_rng([trial.seed, *(round(1e5 * w) for w in trial.weights.values())])
    trial = trial.model_copy(update={"number": number})
    return TrialResult(trial=trial, status="complete", score=score + luck.normal(0, 0.02))


def run(plan, results=()):
    results = list(results)
    while (step := replay(plan, results)).result is None:
        results += [result(trial, len(results) + n) for n, trial in enumerate(step.missing)]
    return results, step


def test_what_was_decided_stays_and_the_new_part_begins_there():
    first, asked = study(AB), study(AB, {"vary": "l", "values": [0.5]})
    results, step = run(make_plan(first))
    plan = make_plan(goes_on_with(first, asked))
    more, again = run(plan, results)
    assert again.judgements[: len(step.judgements)] == step.judgements
    assert again.result.stages[0] == step.result.stages[0]
    assert again.result.stages[1].number == 4
    assert again.result.claimed[0] == (step.result.incumbent, step.result.confirmation)
    fresh = set(again.result.confirmation.seeds)
    assert fresh.isdisjoint({one.trial.seed for one in results})
    assert all(one.trial.role == "confirmation" for one in more if one.trial.seed in fresh)
    assert run(plan, more)[1] == again


def test_a_claim_of_the_same_weights_stands_without_new_trainings():
    first = study(AB)
    results, step = run(make_plan(first))
    useless = study(AB, {"vary": "ab", "values": [40]})
    more, again = run(make_plan(goes_on_with(first, useless)), results)
    assert again.result.incumbent == step.result.incumbent
    assert again.result.confirmation == step.result.confirmation
    assert max(one.trial.seed for one in more) == 105


def test_the_error_is_handed_on_where_it_was_not_used_up():
    first = level_of_a_look(5, (5,), 0)
    assert level_of_a_part([(1, False)], 0) == pytest.approx(0.005)
    assert level_of_a_part([(1, True)], 0) == pytest.approx(first + 0.005)
    assert level_of_a_part([(2, False)], 0) == pytest.approx(0.0025)
    assert level_of_a_part([(1, True), (1, True)], 0) == pytest.approx(first + 0.0075)
    assert level_of_a_part([(1, True), (1, False)], 0) == pytest.approx(0.0025)
    assert level_of_a_part([(1, True)], 1) == pytest.approx(0.0025)


def test_trying_again_until_something_is_confirmed_errs_no_more_often_than_one_claim():
    gains = np.random.default_rng(3).standard_normal((20_000, 4, 5))
    half = stdtrit(4, 1 - np.array(
        [level_of_a_look(5, (5,), 0), *(level_of_a_part([(1, False)] * n, 0) for n in (1, 2, 3))]
    ) / 2)  # fmt: skip
    low = gains.mean(axis=2) - half * gains.std(axis=2, ddof=1) / np.sqrt(5)
    assert (low > 0).any(axis=1).mean() < 0.0275
