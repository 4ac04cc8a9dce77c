from math import log

import pytest

from tuner.search import procedure
from tuner.search.judged_stages import JudgedStages
from tuner.search.procedure import replay

STAGES = (
    {"vary": "ab", "values": [2, 3, 4]},
    {"vary": "sat", "times": [0.25, 0.5, 2]},
    {"vary": "ab", "values": [2.5, 3.5]},
)


def bowl(weights, seed):
    return log(weights["ab"] / 3) ** 2 + log(weights["sat"] / 0.5) ** 2 + seed / 7


def steps_of(plan, train, judged=None):
    """Every step of a study, each replayed with all results so far."""
    results, steps = [], []
    while not steps or steps[-1].missing:
        steps.append(replay(plan, results, judged))
        results += train(steps[-1].missing)
    return steps


@pytest.fixture
def judging(monkeypatch):
    """The numbers of the stages that are run, in order."""
    run, numbers = procedure.run_stage, []

    def counted(stage, incumbent, context):
        numbers.append(stage.number)
        return run(stage, incumbent, context)

    monkeypatch.setattr(procedure, "run_stage", counted)
    return numbers


def test_replays_that_remember_come_to_the_same_steps(plan_of, scorer):
    plan = plan_of(*STAGES)
    remembered = steps_of(plan, scorer(bowl), JudgedStages())
    assert remembered == steps_of(plan, scorer(bowl))
    assert remembered[-1].result.best["ab"] != plan.weights["ab"]


def test_a_budget_that_runs_short_is_told_all_the_same(plan_of, scorer):
    plan = plan_of(*STAGES, max_trials=16)
    steps = steps_of(plan, scorer(bowl), JudgedStages())
    assert steps == steps_of(plan, scorer(bowl))
    assert steps[-1].result.stopped


def test_a_stage_that_was_judged_is_not_run_again(plan_of, scorer, judging):
    steps = steps_of(plan_of(*STAGES), scorer(bowl), JudgedStages())
    assert judging == sorted(judging)
    assert len(steps) > len(STAGES)


def test_a_result_that_changed_has_its_stage_and_all_later_ones_judged_anew(
    plan_of, scorer, judging
):
    plan, judged = plan_of(*STAGES), JudgedStages()
    train = scorer(bowl)
    results = []
    while missing := replay(plan, results, judged).missing:
        results += train(missing)
    judging.clear()
    changed = [
        one.model_copy(update={"score": one.score + 1}) if one.trial.stage == 2 else one
        for one in results
    ]
    again = replay(plan, changed, judged)
    assert judging[0] == 2
    assert again == replay(plan, changed)
    judging.clear()
    replay(plan, changed, judged)
    assert 2 not in judging
