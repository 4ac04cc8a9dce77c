from math import log

import numpy as np
import pytest

from tuner.search.combination import most_promising
from tuner.search.procedure import run_procedure
from tuner.search.result_cache import training_key
from tuner.search.surface import Surface

STAGES = ({"vary": "ab", "times": [0.4, 2.5]}, {"vary": "sat", "times": [0.4, 2.5]})


def valley(weights, seed):
    """Lowest at ab 2, sat 0.6; both weights depend on each other."""
    x, y = log(weights["ab"] / 2), log(weights["sat"] / 0.6)
    return x**2 + y**2 + 0.8 * x * y + seed / 7


def combined(plan_of, train, **parts):
    plan = plan_of(*STAGES, combination=4, **parts)
    found = run_procedure(plan, train)
    return plan, found, [t for t in train.trials if t.role == "combination"]


def test_it_finds_what_lies_between_the_values_of_the_stages(plan_of, scorer):
    _, found, proposed = combined(plan_of, scorer(valley))
    assert found.combination.comparison.verdict == "better"
    assert found.incumbent["ab"] == pytest.approx(2, rel=0.2)
    assert found.incumbent["sat"] == pytest.approx(0.6, rel=0.2)
    assert found.best == found.incumbent == found.combination.chosen
    assert 1 <= len(proposed) <= 4


def test_it_is_a_stage_behind_the_others(plan_of, scorer):
    _, found, proposed = combined(plan_of, scorer(valley))
    assert found.combination.number == 3
    assert {(trial.stage, trial.varied) for trial in proposed} == {(3, None)}
    assert [dict(weights) for weights, _ in found.combination.tried][:1] == [
        dict(proposed[0].weights)
    ]


def test_it_stays_within_what_was_tried_and_the_bounds(plan_of, scorer):
    def slope(weights, seed):
        return -log(weights["ab"]) - log(weights["sat"]) + seed / 7

    _, _, proposed = combined(plan_of, scorer(slope), bounds={"ab": (0.4, 3.0), "sat": (0.4, 3.0)})
    assert all(0.4 <= value <= 3.0 for trial in proposed for value in trial.weights.values())


def test_it_keeps_away_from_what_was_rejected(plan_of, scorer):
    train = scorer(valley, rejects=lambda weights, seed: weights["ab"] > 1.5)
    _, found, proposed = combined(plan_of, train)
    assert all(trial.weights["ab"] <= 1.5 for trial in proposed)
    assert found.incumbent["ab"] <= 1.5


def test_weights_that_are_worse_in_the_end_are_not_carried_on(plan_of, scorer):
    def turns(weights, seed):
        alone = weights["ab"] in {0.4, 1.0, 2.5, 6.25} or weights["sat"] == 1.0
        return valley(weights, seed) if alone else 5.0 + seed / 7

    _, found, _ = combined(plan_of, scorer(turns))
    assert dict(found.combination.chosen) == dict(found.combination.start) == dict(found.incumbent)


def test_on_a_flat_surface_nothing_is_gained(plan_of, scorer):
    random = np.random.default_rng(0)
    _, found, _ = combined(plan_of, scorer(lambda w, s: 0.5 + random.normal(0, 0.01)))
    assert found.best == {"ab": 1.0, "sat": 1.0}


def test_what_is_hopeless_is_not_sent_to_the_confirmation_alone(plan_of, scorer):
    """Noise that one training of the start happened to win."""
    lucky = {1: 0.0, 2: 0.1, 3: -0.1}

    def faint(weights, seed):
        gain = 0.02 * (weights["ab"] == 0.4)
        return seed + (0.0 if weights["ab"] == weights["sat"] == 1.0 else lucky.get(seed, 0) - gain)

    train = scorer(faint)
    _, found, _ = combined(plan_of, train)
    assert found.combination.note.startswith("at best a gain of ")
    assert dict(found.combination.chosen) == {"ab": 1.0, "sat": 1.0}
    assert not [trial for trial in train.trials if trial.role == "confirmation"]


def test_it_is_switched_off_by_0(plan_of, scorer):
    found = run_procedure(plan_of(*STAGES, combination=0), scorer(valley))
    assert found.combination is None


def test_a_budget_that_is_spent_leaves_it_out_and_says_so(plan_of, scorer):
    plan = plan_of(*STAGES, combination=4, max_trials=3 + 4 + 6 + 10)
    train = scorer(valley)
    found = run_procedure(plan, train)
    assert found.stopped
    assert len(train.trials) <= 23


def test_the_same_results_give_the_same_proposals(plan_of, scorer):
    first, second = scorer(valley), scorer(valley)
    combined(plan_of, first)
    combined(plan_of, second)
    assert [training_key(t) for t in first.trials] == [training_key(t) for t in second.trials]


def test_the_optimum_of_a_box_is_found():
    points = np.array([(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)], float)
    scores = (points[:, 0] - 0.5) ** 2 + (points[:, 1] + 0.25) ** 2
    surface = Surface(points, [1] * 9, scores, 0.001)
    best = most_promising(surface, (-1.0, -1.0), (1.0, 1.0), (0.0, 0.0))
    assert best == pytest.approx([0.5, -0.25], abs=0.05)
