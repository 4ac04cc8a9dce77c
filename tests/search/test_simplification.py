from math import inf, log

import numpy as np
import pytest

from tuner.search.procedure import run_procedure
from tuner.search.result_cache import training_key

STAGES = ({"vary": "ab", "times": [0.4, 2.5]}, {"vary": "sat", "times": [0.4, 2.5]})


def only_ab(weights, seed):
    random = np.random.default_rng([seed, round(1e6 * weights["ab"]), round(1e6 * weights["sat"])])
    return 0.15 * log(weights["ab"] / 2) ** 2 + seed / 50 + random.normal(0, 0.01)


def study(plan_of, scorer, score=only_ab, **parts):
    train = scorer(score)
    return run_procedure(plan_of(*STAGES, combination=4, **parts), train), train


def test_it_tells_what_went_back_and_what_is_confirmed(plan_of, scorer):
    found, _ = study(plan_of, scorer)
    simple = found.simplification
    assert simple.start == found.combination.chosen
    assert simple.chosen == found.incumbent == found.best
    moved = {name for name, value in simple.start.items() if value != 1.0}
    assert {*simple.set_back} == moved - {"ab"}
    assert found.best["sat"] == 1.0
    assert found.best["ab"] == pytest.approx(2, rel=0.3)


def test_where_nothing_was_found_there_is_nothing_to_simplify(plan_of, scorer):
    found, train = study(plan_of, scorer, lambda w, seed: 0.5)
    assert found.simplification is None
    assert "ablation" not in {trial.role for trial in train.trials}


def test_it_keeps_to_the_budget_and_then_rests_on_the_surface(plan_of, scorer):
    whole, train = study(plan_of, scorer)
    searching = [t for t in train.trials if t.role not in {"ablation", "confirmation"}]
    found, again = study(plan_of, scorer, max_trials=len(searching) + 10)
    assert "ablation" not in {trial.role for trial in again.trials}
    assert len(again.trials) <= len(searching) + 10
    assert whole.simplification is not None
    assert found.simplification is not None


def test_the_same_results_give_the_same_trials(plan_of, scorer):
    (_, first), (_, second) = study(plan_of, scorer), study(plan_of, scorer)
    assert [training_key(t) for t in first.trials] == [training_key(t) for t in second.trials]


@pytest.mark.parametrize("outcome", [5.0, inf])
def test_what_a_training_speaks_clearly_against_is_dropped(plan_of, scorer, outcome):
    """A wall, or a cliff, that the smooth surface does not see."""

    def wall(weights, seed):
        alone = weights["ab"] in {0.4, 1.0, 2.5, 6.25} and weights["sat"] in {0.4, 1.0, 2.5, 6.25}
        away = log(weights["ab"] / 3.3) ** 2 + log(weights["sat"] / 0.47) ** 2
        return (away if alone else outcome) + seed / 50

    found, _ = study(plan_of, scorer, wall)
    assert found.incumbent == {"ab": 2.5, "sat": 0.4}
    assert found.simplification.set_back == ()
