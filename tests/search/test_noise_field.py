import numpy as np
import pytest
from scipy.optimize import minimize

from tuner.results import Trial, TrialResult
from tuner.results.statistics import measure_noise
from tuner.search.noise_field import PRIOR, NoiseField, _residuals
from tuner.search.scale import Scale

START = {"ab": 1.0, "sat": 1.0}
SCALE = Scale(("ab", "sat"), START, {"ab": 0.0, "sat": 0.0})
NEAR, FAR = {"ab": 1.1, "sat": 1.0}, {"ab": 8.0, "sat": 1.0}


def results(score, places, seeds=range(1, 7)):
    return [
        TrialResult(
            trial=Trial(weights=weights, seed=seed, steps=1, role="repeat"),
            status="complete",
            score=score(weights, seed),
        )
        for weights in places
        for seed in seeds
    ]


def field(score, places, **parts):
    told = results(score, places, **parts)
    return NoiseField.through(told, SCALE, measure_noise(START, told))


def sd_at(noise, *weights):
    return noise.sd(np.array([SCALE.point(each) for each in weights]))


def test_a_loud_place_is_told_from_a_quiet_one():
    random = np.random.default_rng(0)
    places = [START, NEAR, {"ab": 0.9, "sat": 1.0}, FAR, {"ab": 9.0, "sat": 1.0}]
    noise = field(lambda w, seed: seed + random.normal(0, 0.2 if w["ab"] > 5 else 0.02), places)
    quiet, loud = sd_at(noise, START, FAR)
    assert quiet < 0.06
    assert loud > 0.12


def test_far_from_all_repeats_it_is_the_pool():
    random = np.random.default_rng(1)
    noise = field(lambda w, seed: random.normal(0, 0.1), [START, NEAR])
    assert sd_at(noise, {"ab": 1.0, "sat": 1e4})[0] == pytest.approx(noise.pool.sd)


def test_before_anything_was_repeated_in_pairs_it_is_the_pool():
    noise = field(lambda w, seed: seed / 10, [START])
    assert sd_at(noise, START, FAR) == pytest.approx([noise.pool.sd] * 2)


def test_a_verdict_never_counts_on_a_quiet_place():
    random = np.random.default_rng(0)
    noise = field(
        lambda w, seed: random.normal(0, 0.2 if w["ab"] > 5 else 0.01), [START, NEAR, FAR]
    )
    assert noise.between(START, NEAR).sd == noise.pool.sd
    assert noise.between(FAR).sd > noise.pool.sd
    assert noise.between(FAR).degrees == noise.pool.degrees


def test_scores_without_noise_have_none_anywhere():
    noise = field(lambda w, seed: seed + w["ab"], [START, NEAR, FAR])
    assert sd_at(noise, START, FAR) == pytest.approx([0, 0], abs=1e-9)


def test_one_variance_is_shrunk_towards_the_pool():
    """The formula at the place itself, where only its own repeats are near."""
    random = np.random.default_rng(2)
    noise = field(lambda w, seed: random.normal(0, 0.1), [START, {"ab": 1.0, "sat": 1e4}])
    here = noise.points[:, 1] == 0
    own, degrees = noise.squares[here].sum(), noise.degrees[here].sum()
    shrunk = (PRIOR * noise.pool.sd**2 + own) / (PRIOR + degrees)
    assert sd_at(noise, START)[0] ** 2 == pytest.approx(shrunk)


def test_residuals_are_those_of_weighted_least_squares():
    """Another way to the same minimum."""
    random = np.random.default_rng(4)
    design = np.hstack([np.ones((6, 1)), random.normal(size=(6, 1))])
    scores, sds = random.normal(size=6), random.uniform(0.5, 2, 6)
    squares, degrees = _residuals(design, scores, sds)
    found = minimize(lambda b: (((scores - design @ b) / sds) ** 2).sum(), np.zeros(2), tol=1e-12)
    assert squares == pytest.approx((scores - design @ found.x) ** 2, abs=1e-5)
    assert degrees.sum() == pytest.approx(6 - 2)
