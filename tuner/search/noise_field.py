"""The noise as a function of the weights: with some weights trainings scatter more.

    variance(x) = (PRIOR pool + sum of k(x, x_i) r_i^2) / (PRIOR + sum of k(x, x_i) d_i)

`r_i` are the residuals of *weights + seed* over all trainings that were repeated, `d_i` their
degrees of freedom, and `k` falls with the distance. So a place without repeats near it has the
pooled noise, and one with many repeats has its own: a variance shrunk towards the pool (Smyth,
*Linear Models and Empirical Bayes Methods*, 2004), here by distance. Trainings with more noise
count less in the estimate of the seed effects, so the residuals are computed in a few iterations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.results import Noise, TrialResult
from tuner.results.statistics import scores_by_weights
from tuner.search.scale import Scale

Array = NDArray[np.float64]

Place = tuple[float, ...]

PRIOR = 1.0
"""Weight of the pooled variance at every place, in degrees of freedom."""

REACH = 0.7
"""Length scale of the noise, in e-folds: a factor of 2."""

ROUNDS = 3
TINY = 1e-9


@dataclass(frozen=True)
class NoiseField:
    """The noise of a training at any place.

    Attributes:
        pool: The pooled noise of all trainings.
        points: (n, d), the weights of repeated trainings, one row for each training.
        squares: (n,), their squared residuals.
        degrees: (n,), the degrees of freedom of each.
    """

    scale: Scale
    pool: Noise
    points: Array
    squares: Array
    degrees: Array

    @classmethod
    def through(cls, results: Iterable[TrialResult], scale: Scale, pool: Noise) -> NoiseField:
        """The field through everything that was trained on two seeds or more."""
        cells = tuple(
            (tuple(scale.point(dict(key))), seed, score)
            for key, row in scores_by_weights(results).items()
            for seed, score in row.items()
            if len(row) > 1 and pool.paired
        )
        points = np.array([place for place, *_ in cells]).reshape(-1, len(scale.names))
        squares, degrees = _spread(cells, pool.sd) if cells else (np.zeros(0), np.zeros(0))
        return cls(scale, pool, points, squares, degrees)

    def sd(self, points: Array) -> Array:
        """(m,) standard deviation of one training at (m, d) points."""
        return _local(points, self.points, self.squares, self.degrees, self.pool.sd)

    def between(self, *weights: Mapping[str, float]) -> Noise:
        """The average noise of trainings with some weights, at least the pooled noise.

        A smaller noise of a place would rest on too few trainings for a verdict.
        """
        local = self.sd(np.array([self.scale.point(each) for each in weights]))
        loud = max(self.pool.sd, sqrt(float(np.mean(local**2))))
        return self.pool.model_copy(update={"sd": loud})


@lru_cache(maxsize=64)
def _spread(cells: tuple[tuple[Place, int, float], ...], pool: float) -> tuple[Array, Array]:
    """Squared residuals and their degrees of freedom; cached, as surfaces are."""
    places, seeds, scores = zip(*cells, strict=True)
    points = np.array(places)
    which = np.unique(points, axis=0, return_inverse=True)[1].ravel()
    design = np.hstack([_indicators(which), _indicators(np.array(seeds))])
    sds = np.full(len(cells), pool)
    for _ in range(ROUNDS):
        squares, degrees = _residuals(design, np.array(scores), sds)
        sds = _local(points, points, squares, degrees, pool)
    return squares, degrees


def _local(points: Array, repeats: Array, squares: Array, degrees: Array, pool: float) -> Array:
    """(m,) the noise at points, from (n, d) repeats and the pool."""
    away = ((points[:, None] - repeats[None]) ** 2).sum(axis=2)
    near = np.exp(-0.5 * away / REACH**2)
    local: Array = np.sqrt((PRIOR * pool**2 + near @ squares) / (PRIOR + near @ degrees))
    return local


def _indicators(labels: NDArray[Any]) -> Array:
    """(n, k) 1 where a row has a label."""
    columns: Array = np.equal.outer(labels, np.unique(labels)).astype(float)
    return columns


def _residuals(design: Array, scores: Array, sds: Array) -> tuple[Array, Array]:
    """Squared residuals of weighted least squares, and the degrees of freedom of each."""
    loud = np.maximum(sds, TINY)
    weighted = design / loud[:, None]
    hat = weighted @ np.linalg.pinv(weighted)
    left = scores - loud * (hat @ (scores / loud))
    return left**2, np.maximum(1.0 - np.diag(hat), 0.0)
