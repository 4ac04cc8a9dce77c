"""Both surfaces are one and the same, so what is shown of `Surface` holds for this one."""

import numpy as np
import pytest

from tuner.results import Noise, Trial, TrialResult
from tuner.search import surface_fit
from tuner.search.feature_surface import FeatureSurface
from tuner.search.scale import Scale
from tuner.search.surface import Surface
from tuner.search.surface_fit import MANY, fit_surface

RANDOM = np.random.default_rng(3)
STAR = np.vstack([axis * RANDOM.uniform(-2, 2, (40, 1)) for axis in np.eye(3)])
SEEDS = [int(seed) for seed in RANDOM.choice([1, 1, 1, 2, 5], len(STAR))]
SCORES = (
    0.1 * ((STAR - [0.5, -0.3, 0.0]) ** 2 @ [1.0, 0.5, 0.0])
    + 0.3 * np.array(SEEDS)
    + RANDOM.normal(0, 0.02, len(STAR))
)
SDS = RANDOM.uniform(0.01, 0.03, len(STAR))
PLACES, HERE = RANDOM.uniform(-2, 2, (9, 3)), np.array([0.2, -0.1, 0.4])


@pytest.fixture(scope="module")
def both():
    return Surface(STAR, SEEDS, SCORES, SDS), FeatureSurface(STAR, SEEDS, SCORES, SDS)


def test_it_finds_that_the_same_weights_matter(both):
    exact, mine = both
    assert np.array_equal(mine.matters, exact.matters)
    for axes in ([0], [2], [0, 1]):
        assert mine.evidence(axes) == pytest.approx(exact.evidence(axes), rel=1e-7)


def test_it_has_the_same_gains_and_heights(both):
    exact, mine = (surface.gains(PLACES, HERE) for surface in both)
    assert mine.mean == pytest.approx(exact.mean, abs=1e-9)
    assert mine.sd == pytest.approx(exact.sd, abs=1e-9)
    exact, mine = (surface.covariance(PLACES, HERE) for surface in both)
    assert mine == pytest.approx(exact, abs=1e-9)
    exact, mine = (surface.heights(PLACES) for surface in both)
    assert mine - mine[0] == pytest.approx(exact - exact[0], abs=1e-9)


@pytest.mark.parametrize("seed", [1, 99])
def test_it_has_the_same_expectation_of_a_training(both, seed):
    exact, mine = (surface.fantasized(PLACES[0], seed).gains(PLACES, HERE) for surface in both)
    assert mine.mean == pytest.approx(exact.mean, abs=1e-9)
    assert mine.sd == pytest.approx(exact.sd, abs=1e-9)


def test_it_is_taken_for_many_trials_of_few_weights(monkeypatch):
    monkeypatch.setattr(surface_fit, "MANY", 100)

    def kind(weights, trials):
        names = tuple(f"w{number}" for number in range(weights))
        random = np.random.default_rng(0)
        told = [
            TrialResult(
                trial=Trial(
                    weights={one: float(np.exp(random.normal())) for one in names},
                    seed=1, steps=1, role="candidate",
                ),
                status="complete",
                score=float(random.normal()),
            )
            for _ in range(trials)
        ]  # fmt: skip
        scale = Scale(names, dict.fromkeys(names, 1.0), dict.fromkeys(names, 0.0))
        return type(fit_surface(told, scale, Noise(sd=0.1, degrees=9, spread=0.1)))

    assert kind(1, 120) is FeatureSurface
    assert kind(1, 99) is Surface
    assert kind(4, 120) is Surface
    assert MANY > 500  # no study that was ever recorded changes in its last digits
