from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.search.procedure import run_procedure
from tuner.search.refinement import best_place
from tuner.search.surface import Surface

STAGES = ({"vary": "ab", "times": [0.4, 2.5]}, {"vary": "sat", "times": [0.4, 2.5]})
GRID = np.array([(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)], float)


def surface(best):
    scores = ((GRID - best) ** 2).sum(axis=1)
    return Surface(GRID, [1] * len(GRID), scores, 0.001)


@given(x=st.floats(-0.9, 0.9), y=st.floats(-0.9, 0.9))
def test_the_lowest_place_of_a_box_is_found(x, y):
    low, high = (-1.0, -1.0), (1.0, 1.0)
    found = best_place(surface((x, y)), (0.0, 0.0), (True, True), low, high)
    assert found == pytest.approx((x, y), abs=0.05)


def test_what_is_not_free_stays_where_it_is():
    found = best_place(surface((0.5, -0.5)), (0.0, 0.3), (True, False), (-1.0, -1.0), (1.0, 1.0))
    assert found == (pytest.approx(0.5, abs=0.05), 0.3)


def noisy(best, seed):
    random = np.random.default_rng(seed)

    def score(weights, seed):
        away = [log(weights[name] / value) for name, value in best.items()]
        return 0.1 * sum(each**2 for each in away) + seed / 50 + random.normal(0, 0.01)

    return score


def test_what_is_exported_has_two_digits_and_is_near_the_best(plan_of, scorer):
    best = {"ab": 3.1, "sat": 0.47}
    found = run_procedure(plan_of(*STAGES, combination=4), scorer(noisy(best, 0)))
    assert all(value == float(f"{value:.2g}") for value in found.best.values())
    assert found.best == {name: pytest.approx(value, rel=0.35) for name, value in best.items()}


def test_two_studies_of_one_surface_end_near_each_other(plan_of, scorer):
    best = {"ab": 3.1, "sat": 0.47}
    first, second = (
        run_procedure(plan_of(*STAGES, combination=4), scorer(noisy(best, seed))).best
        for seed in (1, 2)
    )
    assert first == {name: pytest.approx(value, rel=0.3) for name, value in second.items()}


def test_without_a_combination_the_values_stay_those_of_the_stages(plan_of, scorer):
    found = run_procedure(plan_of(*STAGES), scorer(noisy({"ab": 3.1, "sat": 0.47}, 0)))
    assert found.incumbent == {"ab": 2.5, "sat": 0.4}
