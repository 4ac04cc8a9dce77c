import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from tuner.search.kernel import KernelParts
from tuner.search.likelihood import ExactLikelihood, Likelihood


def trials(seed, weights, count=9):
    """Points of which every other coordinate is at its start, a covariance, and scores."""
    random = np.random.default_rng(seed)
    points = random.normal(size=(count, weights)) * random.integers(0, 2, (count, weights))
    rest = 3.0 + np.diag(random.uniform(0.1, 1.0, count))
    return points, rest, random.normal(size=count)


def normal_density(points, rest, scores, matters):
    covariance = KernelParts(points, points).covariance(matters) + rest
    return multivariate_normal(np.zeros(len(scores)), covariance).logpdf(scores)


def amounts(seed, weights):
    return np.random.default_rng([7, seed]).uniform(0.0, 2.0, weights)


@settings(max_examples=30)
@given(st.integers(0, 999), st.integers(1, 5))
def test_it_is_that_of_a_normal_distribution_whatever_was_asked_before(seed, weights):
    given_ = trials(seed, weights)
    likelihood, first = ExactLikelihood(*given_), amounts(seed, weights)
    constant = 0.5 * len(given_[0]) * np.log(2 * np.pi)
    for matters in (first, amounts(seed + 1, weights), first):
        expected = normal_density(*given_, matters) + constant
        assert likelihood(matters) == pytest.approx(expected, rel=1e-9)


@settings(max_examples=30)
@given(st.integers(0, 999), st.integers(1, 5))
def test_along_one_weight_it_differs_by_a_constant(seed, weights):
    whole, matters = ExactLikelihood(*trials(seed, weights)), amounts(seed, weights)
    slow = Likelihood(ExactLikelihood(*trials(seed, weights)))
    for axis in range(weights):
        quick = whole.along(matters, axis)
        apart = [slow.along(matters, axis)(at) - quick(at) for at in (0.0, 0.3, 2.0)]
        assert apart == pytest.approx([apart[0]] * 3, rel=1e-9)


def test_a_weight_that_never_moved_changes_nothing():
    points, rest, scores = trials(0, 3)
    points[:, 1] = 0.0
    along = ExactLikelihood(points, rest, scores).along(np.ones(3), 1)
    assert along(0.1) == along(8.0)
