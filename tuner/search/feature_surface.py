"""The response surface of many trials: the same as `Surface`, computed with features.

Scores are a weighted sum of r features, so n trials cost n r^2 once, and each guess of how much a
weight matters costs r^3 whatever n is (Rasmussen and Williams, chapter 2.1, the weight-space view).
Squares of features are never formed: a QR decomposition keeps twice as many digits.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.linalg import qr, solve_triangular

from tuner.search.features import Features
from tuner.search.kernel import Array
from tuner.search.likelihood import Likelihood
from tuner.search.scale import Point
from tuner.search.surface import VAGUE, Gains, Surface


class FeatureSurface(Surface):
    """A surface through the scores of many trials."""

    def gains(self, points: Array, over: Point) -> Gains:
        """Gains of (m, d) points over one point."""
        differences = self._of(points) - self._of(over[None, :])
        half = self._half(differences)
        return Gains(mean=-(differences @ self._sums), sd=np.sqrt((half**2).sum(axis=0)))

    def covariance(self, points: Array, over: Point) -> Array:
        """(m, m) covariance of the gains of (m, d) points over one point."""
        half = self._half(self._of(points) - self._of(over[None, :]))
        both: Array = half.T @ half
        return both

    def heights(self, points: Array) -> Array:
        """(m,) expected scores, up to a constant; lower is better."""
        heights: Array = self._of(points) @ self._sums
        return heights

    @cached_property
    def _features(self) -> Features:
        return Features.around(self.points)

    @cached_property
    def _shared(self) -> Array:
        """(s,) the seeds that have a column of their own; the first column is the level."""
        return np.unique(self._seeds)

    @cached_property
    def _compressed(self) -> Array:
        """(r + 1, r + 1) all that the trials say: a triangle in place of n rows."""
        vague = np.hstack([np.ones((len(self._seeds), 1)), self._columns(self._seeds)])
        rows = [self._sd * VAGUE * vague, self._features.of(self.points), self._scores[:, None]]
        return _triangle(np.hstack(rows) / self._sds[:, None])

    def _columns(self, seeds: Array) -> Array:
        """(m, s) 1 where a seed is the one of a column."""
        columns: Array = np.equal.outer(seeds, self._shared).astype(float)
        return columns

    def _likelihood(self) -> Likelihood:
        noises = float(np.log(self._sds).sum())

        def likelihood(matters: Array) -> float:
            root = self._root(matters)
            diagonal = np.abs(np.diag(root))
            return float(-0.5 * diagonal[-1] ** 2 - np.log(diagonal[:-1]).sum() - noises)

        return Likelihood(likelihood)

    def _root(self, matters: Array) -> Array:
        """(r + 1, r + 1) triangle of the least squares problem, with a prior of 1 on each sum."""
        compressed, shared = self._compressed, 1 + len(self._shared)
        factors = np.concatenate([np.ones(shared), self._features.scales(matters), np.ones(1)])
        prior = np.eye(len(factors) - 1, len(factors))
        return _triangle(np.vstack([compressed * factors, prior]))

    def _solve(self) -> None:
        root, shared = self._root(self.matters), 1 + len(self._shared)
        sums = solve_triangular(root[:-1, :-1], root[:-1, -1])
        self._vague_sums, self._sums = sums[:shared], sums[shared:]
        self._inner = root[shared:-1, shared:-1]

    def _of(self, points: Array) -> Array:
        """(m, r) features of points, as much as each weight matters."""
        features: Array = self._features.of(points) * self._features.scales(self.matters)
        return features

    def _half(self, differences: Array) -> Array:
        """(r, m) whose squares are the variances of (m, r) sums of features."""
        half: Array = solve_triangular(self._inner, differences.T, trans="T")
        return half

    def _expected(self, point: Point, seed: int) -> float:
        vague = np.concatenate([np.ones(1), self._columns(np.array([seed]))[0]])
        shared = self._sd * VAGUE * float(vague @ self._vague_sums)
        return shared + float(self.heights(point[None, :])[0])


def _triangle(rows: Array) -> Array:
    """The triangle R of a QR decomposition, square also where there are few rows."""
    triangle: Array = qr(rows, mode="r", overwrite_a=True, check_finite=False)[0]
    return triangle[: rows.shape[1]]
