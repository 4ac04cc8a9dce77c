from itertools import chain
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.results import Noise
from tuner.search.ablation import screening, set_back
from tuner.search.context import SearchContext
from tuner.search.procedure import run_procedure
from tuner.search.result_cache import training_key
from tuner.search.scale import Scale
from tuner.search.surface_fit import fit_surface

STAGES = ({"vary": "ab", "times": [0.4, 2.5]}, {"vary": "sat", "times": [0.4, 2.5]})
MOVED = {"ab": 2.5, "sat": 2.5}


def simplify(plan_of, scorer, score, sd=0.03):
    """Sets `MOVED` back, after a star of trials and a few combined ones on the first seed."""
    plan, train, seen = plan_of(*STAGES), scorer(score), []
    noise = Noise(sd=sd, degrees=6, spread=sd)
    scale = Scale.of_plan(plan)

    def trained(groups):
        asked = [
            trial
            for trial in chain(*groups)
            if training_key(trial) not in map(training_key, done())
        ]
        seen.extend(train(asked))
        return seen

    def done():
        return [result.trial for result in seen]

    values = [(1, 1), (0.4, 1), (2.5, 1), (1, 0.4), (1, 2.5), (2.5, 2.5)]
    star = [{"ab": ab, "sat": sat} for ab, sat in values]
    trained([plan.trials_of(weights, plan.decide_seeds[:1]) for weights in star])
    context = SearchContext(
        plan, scale, trained, lambda *_: noise, lambda: fit_surface(seen, scale, noise)
    )
    count = len(train.trials)
    return set_back(3, MOVED, context), train.trials[count:]


def test_a_weight_that_does_nothing_goes_back_and_one_that_matters_stays(plan_of, scorer):
    random = np.random.default_rng(0)
    chosen, _ = simplify(
        plan_of, scorer, lambda w, s: 0.2 * log(w["ab"] / 2.5) ** 2 + random.normal(0, 0.03)
    )
    assert chosen == {"ab": 2.5, "sat": 1.0}


def test_where_it_is_obvious_nothing_is_trained(plan_of, scorer):
    def clear(weights, seed):
        return log(weights["ab"] / 2.5) ** 2 + log(weights["sat"] / 2.5) ** 2

    chosen, trained = simplify(plan_of, scorer, clear)
    assert chosen == MOVED
    assert trained == []


def test_doubtful_weights_are_trained_at_their_start_on_the_deciding_seeds(plan_of, scorer):
    random = np.random.default_rng(1)
    _, trained = simplify(
        plan_of, scorer, lambda w, s: 0.05 * log(w["ab"] / 2.5) ** 2 + random.normal(0, 0.03)
    )
    assert {trial.role for trial in trained} == {"ablation"}
    assert {trial.stage for trial in trained} == {3}
    assert {trial.seed for trial in trained} <= {1, 2, 3}
    assert {(t.weights["ab"], t.weights["sat"]) for t in trained} <= {
        (2.5, 2.5), (1, 2.5), (2.5, 1), (1, 1)
    }  # fmt: skip


def test_on_noise_alone_everything_goes_back(plan_of, scorer):
    random = np.random.default_rng(2)
    assert simplify(plan_of, scorer, lambda w, s: random.normal(0, 0.03))[0] == {"ab": 1, "sat": 1}


@given(count=st.integers(1, 9), turn=st.integers(0, 5))
def test_every_doubtful_weight_goes_back_in_some_sets_and_stays_in_another(count, turn):
    names = [f"w{number}" for number in range(count)]
    sets = [*screening(names, turn)]
    assert 1 <= len(sets) <= 3
    assert all(any(name in each for each in sets) for name in names)
    if count > 1:
        assert all(any(name not in each for each in sets) for name in names)


def test_three_weights_make_half_of_a_full_factorial_design():
    assert [*screening(["a", "b", "c"], 0)] == [("b", "c"), ("a", "c"), ("a", "b")]


def test_weights_that_share_a_third_part_in_another_turn():
    together = [{each for each in screening("abcd", turn) if "a" in each} for turn in range(3)]
    without = [{each for each in screening("abcd", turn) if "d" in each} for turn in range(3)]
    assert together[0] == without[0]
    assert together[1] != without[1]


def test_a_whole_study_exports_no_weight_that_does_nothing(plan_of, scorer):
    random = np.random.default_rng(5)

    def only_ab(weights, seed):
        return 0.15 * log(weights["ab"] / 2) ** 2 + seed / 50 + random.normal(0, 0.01)

    found = run_procedure(plan_of(*STAGES, combination=4), scorer(only_ab))
    assert found.best["sat"] == 1.0
    assert found.best["ab"] == pytest.approx(2, rel=0.3)
