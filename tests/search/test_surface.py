from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from tuner.results import Noise, Trial, TrialResult
from tuner.search.kernel import CURVATURE, PRODUCT, REST, REST_REACH, SLOPE, KernelParts
from tuner.search.scale import Scale
from tuner.search.surface import VAGUE, Surface
from tuner.search.surface_fit import fit_surface

START = {"ab": 1.0, "sat": 1.0}
SCALE = Scale(("ab", "sat"), START, {"ab": 0.0, "sat": 0.0})
QUIET = Noise(sd=0.001, degrees=4, spread=0.0)
STAR = [(0, 0), (1, 0), (-1, 0), (2, 0), (0, 1), (0, -1), (0, 2)]


def results(score, points=STAR, seeds=(1,)):
    return [
        TrialResult(
            trial=Trial(
                weights={"ab": float(np.exp(x)), "sat": float(np.exp(y))},
                seed=seed, steps=1, role="candidate",
            ),
            status="complete",
            score=score(x, y, seed),
        )
        for x, y in points
        for seed in seeds
    ]  # fmt: skip


def bowl(x, y, seed):
    return 0.1 * (x - 1) ** 2 + 0.2 * (y + 0.5) ** 2 + seed


def through(score, noise=QUIET, **parts):
    return fit_surface(results(score, **parts), SCALE, noise)


def test_a_bowl_is_found_where_nothing_was_trained():
    surface = through(bowl)
    gains = surface.gains(np.array([[1.0, -0.5], [0.0, 0.0]]), np.zeros(2))
    assert gains.mean == pytest.approx([0.1 + 0.05, 0.0], abs=0.01)
    assert gains.sd[1] == pytest.approx(0, abs=1e-6)


def test_noise_alone_gives_a_flat_surface():
    random = np.random.default_rng(0)
    noise = Noise(sd=0.1, degrees=9, spread=0.1)
    surface = through(lambda x, y, seed: random.normal(0, 0.1), noise=noise)
    assert np.abs(surface.gains(np.array(STAR, float), np.zeros(2)).mean).max() < 0.08


def test_what_a_seed_shares_does_not_bend_the_surface():
    random = np.random.default_rng(1)
    shares = random.normal(0, 5, 10)
    everywhere = results(lambda x, y, s: bowl(x, y, 0) + shares[s], seeds=(1, 2))
    here = results(lambda x, y, s: bowl(x, y, 0) + shares[s], points=[(0, 0)], seeds=(3, 4, 5))
    surface = fit_surface([*everywhere, *here], SCALE, QUIET)
    (gain,) = surface.gains(np.array([[1.0, 0.0]]), np.zeros(2)).mean
    assert gain == pytest.approx(0.1, abs=0.01)


def test_what_was_rejected_or_diverged_does_not_count():
    good = results(bowl)
    odd = [
        good[0].model_copy(update={"status": "rejected", "score": -9.0}),
        good[0].model_copy(update={"status": "diverged", "score": None}),
    ]
    points = np.array(STAR, float)
    with_them = fit_surface([*good, *odd], SCALE, QUIET).heights(points)
    assert np.array_equal(with_them, fit_surface(good, SCALE, QUIET).heights(points))


def test_without_noise_or_a_difference_there_is_no_surface():
    assert fit_surface(results(bowl), SCALE, None) is None
    assert fit_surface(results(bowl)[:1], SCALE, QUIET) is None


def test_scores_without_any_noise_can_be_fitted():
    surface = through(bowl, noise=Noise(sd=0.0, degrees=2, spread=0.0))
    gains = surface.gains(np.array([[1.0, -0.5]]), np.zeros(2))
    assert gains.mean == pytest.approx([0.15], abs=0.01)


def test_it_is_the_conditional_normal_distribution():
    """The textbook formula, written out with the joint covariance of scores and two points."""
    told = results(bowl, seeds=(1, 2))
    points = np.array([SCALE.point(r.trial.weights) for r in told] + [[0.7, -0.3], [0.2, 0.1]])
    seeds, scores = [r.trial.seed for r in told], np.array([r.score for r in told])
    sds = np.linspace(0.02, 0.08, len(told))
    surface = Surface(points[:-2], seeds, scores, sds)
    count, sd, m = len(told), np.sqrt(np.mean(sds**2)), surface.matters

    def bump(distance):
        return np.exp(-0.5 * (distance / REST_REACH) ** 2)

    covariance = np.zeros((count + 2, count + 2))
    for i, a in enumerate(points):
        for j, b in enumerate(points):
            for axis in range(2):
                x, y = a[axis], b[axis]
                rest = bump(x - y) - bump(x) - bump(y) + 1
                curve = SLOPE**2 * x * y + CURVATURE**2 * (x * y) ** 2 + REST**2 * rest
                covariance[i, j] += m[axis] ** 2 * curve
            covariance[i, j] += m[0] * m[1] * PRODUCT**2 * a[0] * b[0] * a[1] * b[1]
            if i < count and j < count:
                same_seed = seeds[i] == seeds[j]
                covariance[i, j] += sd**2 * VAGUE**2 * (1 + same_seed) + sds[i] ** 2 * (i == j)
    solved = np.linalg.solve(covariance[:count, :count], covariance[:count, count:])
    mean = solved.T @ (scores - scores.mean())
    left = covariance[count:, count:] - covariance[count:, :count] @ solved
    gains = surface.gains(points[count:][:1], points[-1])
    assert gains.mean == pytest.approx([mean[1] - mean[0]], abs=1e-8)
    assert gains.sd == pytest.approx([(left[0, 0] + left[1, 1] - 2 * left[0, 1]) ** 0.5], rel=1e-4)
    both = surface.covariance(np.vstack([points[count:], points[:1]]), points[-1])
    assert both[0, 0] == pytest.approx(gains.sd[0] ** 2)
    assert both[1] == pytest.approx(np.zeros(3), abs=1e-9)
    assert both == pytest.approx(both.T)


def test_the_evidence_is_a_ratio_of_likelihoods():
    """Where both weights are left out it is scipy's density against that of noise alone."""
    surface = through(bowl, noise=Noise(sd=0.05, degrees=4, spread=0.0))
    scores = np.array([r.score for r in results(bowl)])
    level = surface._rest()
    full = surface._across(surface.points) + surface._rest()
    ratio = multivariate_normal.logpdf(scores - scores.mean(), cov=full)
    ratio -= multivariate_normal.logpdf(scores - scores.mean(), cov=level)
    assert surface.evidence([0, 1]) == pytest.approx(ratio, abs=1e-6)


def test_there_is_evidence_for_a_weight_that_matters_only():
    random = np.random.default_rng(3)
    noise = Noise(sd=0.05, degrees=9, spread=0.1)
    surface = through(lambda x, y, s: 0.3 * x + random.normal(0, 0.05), noise=noise)
    assert surface.evidence([0]) > 3
    assert surface.evidence([1]) < 0.5
    assert surface.evidence([0, 1]) > 3


def test_the_amounts_that_matter_are_the_likely_ones():
    """scipy's own density of the scores is lower for other amounts."""
    surface = through(bowl, noise=Noise(sd=0.05, degrees=4, spread=0.0))
    told = results(bowl)
    scores = np.array([r.score for r in told])

    def density(matters):
        covariance = (
            KernelParts(surface.points, surface.points).covariance(np.array(matters))
            + surface._rest()
        )
        return multivariate_normal.logpdf(scores - scores.mean(), cov=covariance)

    assert density(surface.matters) >= density([0.005, 0.005])
    assert density(surface.matters) >= density([0.4, 0.4])


coordinates = st.floats(-2, 2).map(lambda x: round(x, 2))
heights = st.floats(-1, 1).map(lambda y: round(y, 3))


@settings(max_examples=40)
@given(
    places=st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=8, unique=True),
    scores=st.lists(heights, min_size=8, max_size=8),
    shift=st.floats(-3, 3),
)
def test_a_constant_shift_changes_nothing(places, scores, shift):
    by_place = dict(zip(places, scores, strict=False))
    noise = Noise(sd=0.1, degrees=4, spread=0.1)
    points = np.array(places)
    before = through(lambda x, y, s: by_place[x, y], noise=noise, points=places)
    after = through(lambda x, y, s: by_place[x, y] + shift, noise=noise, points=places)
    old, new = (surface.gains(points, points[0]) for surface in (before, after))
    assert new.mean == pytest.approx(old.mean, abs=1e-6)
    assert new.sd == pytest.approx(old.sd, abs=1e-6)


@settings(max_examples=40)
@given(
    places=st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=8, unique=True),
    scores=st.lists(heights, min_size=8, max_size=8),
)
def test_exchanging_two_points_turns_the_gain_round(places, scores):
    by_place = dict(zip(places, scores, strict=False))
    surface = through(
        lambda x, y, s: by_place[x, y], noise=Noise(sd=0.1, degrees=4, spread=0.1), points=places
    )
    first, second = np.array(places[0], float), np.array(places[1], float)
    there, back = surface.gains(first[None], second), surface.gains(second[None], first)
    assert there.mean == pytest.approx(-back.mean, abs=1e-9)
    assert there.sd == pytest.approx(back.sd, abs=1e-9)


def test_a_weight_is_a_logarithm():
    surface = through(lambda x, y, seed: x)
    double = SCALE.point({"ab": 2.0, "sat": 1.0})
    assert surface.gains(double[None], np.zeros(2)).mean == pytest.approx([-log(2)], abs=0.01)
