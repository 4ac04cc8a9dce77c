import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm
from scipy.stats import t as student

from tuner.results import Noise
from tuner.search.error_spending import level_of_a_look, nominal_levels, spend, visible_claim


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
