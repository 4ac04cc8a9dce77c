import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm
from scipy.stats import t as student

from tuner.results import Noise
from tuner.search.error_spending import (
    level_of_a_look,
    level_of_a_part,
    level_of_the_upper_end,
    nominal_levels,
    spend,
    visible_claim,
)


def test_a_single_look_spends_four_fifths_of_the_error():
    assert level_of_a_look(5, (5,), 0) == pytest.approx(0.04)


def test_the_smallest_gain_of_a_claim_is_that_of_its_last_look():
    noise = Noise(sd=0.1, degrees=20, spread=0.1)
    once = 0.1 * (2 / 5) ** 0.5 * student.ppf(0.98, 20)
    assert visible_claim(noise, (5,)) == pytest.approx(once)
    last = nominal_levels((5, 10), (0.02, 0.04))[1]
    twice = 0.1 * (2 / 10) ** 0.5 * student.ppf(1 - last / 2, 20)
    assert visible_claim(noise, (5, 10)) == pytest.approx(twice)
    assert twice < 0.8 * once


def test_the_first_look_spends_for_the_upper_end_what_a_single_one_would():
    assert level_of_the_upper_end((5,), 0) == level_of_a_look(5, (5,), 0)
    assert level_of_the_upper_end((5, 15), 1) == pytest.approx(0.005)
    first, second = (norm.isf(level_of_the_upper_end(n, 0) / 2) for n in ((5,), (5, 10)))
    law = multivariate_normal([0, 0], [[1, 0.5**0.5], [0.5**0.5, 1]])
    assert 1 - law.cdf([first, second]) == pytest.approx(0.0225, abs=1e-4)
    later = [level_of_the_upper_end((5, 10, *range(11, 11 + n)), n) for n in range(1, 9)]
    assert 0.0225 + sum(later) / 2 < 0.025


def test_a_planned_look_counts_as_an_extension_in_what_later_parts_may_spend():
    once, added = ((1, False),), ((2, False),)
    assert level_of_a_part(once, 0, drawn=1) == level_of_a_part(added, 0)
    assert level_of_a_part(((1, True),), 0, drawn=1) == pytest.approx(0.04 + 0.0025)


def test_extensions_never_spend_all():
    spent = spend(5, (5,), 20, 0.05)
    assert (np.diff(spent) > 0).all()
    assert spent[-1] < 0.05


def test_pocock_levels_are_those_of_the_literature():
    # Jennison and Turnbull, Table 2.1: five equal looks, constant 2.413 at 5 %.
    bound = 2.413
    spent = tuple(_crossed(bound, looks) for looks in range(1, 4))
    levels = nominal_levels((1, 2, 3), spent)
    assert levels == pytest.approx([2 * norm.sf(bound)] * 3, rel=1e-2)


def _crossed(bound, looks):
    """Probability to leave the bounds at one of the looks, by an independent integration."""
    at = np.arange(1, looks + 1)
    covariance = np.sqrt(np.minimum.outer(at, at) / np.maximum.outer(at, at))
    law = multivariate_normal(np.zeros(looks), covariance)
    return float(1 - law.cdf([bound] * looks, lower_limit=[-bound] * looks))
