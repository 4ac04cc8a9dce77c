import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from tuner.search.error_spending import PLANNED_CONFIDENCE, level_of_a_look, nominal_levels, spend


def test_a_single_look_spends_four_fifths_of_the_error():
    assert level_of_a_look(5, (5,), 0) == pytest.approx(0.04)
    assert pytest.approx(0.96) == PLANNED_CONFIDENCE


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
