"""The marginal likelihood of all scores, as a function of how much each weight matters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular

from tuner.search.kernel import PRODUCT, Array, parts_of


class Likelihood:
    """Logarithm of a marginal likelihood, up to a constant.

    Args:
        of: Where weights matter by some amounts (d,).
    """

    def __init__(self, of: Callable[[Array], float]) -> None:
        self._of = of

    def __call__(self, matters: Array) -> float:
        """Where weights matter by some amounts (d,)."""
        return self._of(matters)

    def along(self, matters: Array, axis: int) -> Callable[[float], float]:
        """As a function of how much one weight matters, up to another constant."""

        def likelihood(amount: float) -> float:
            changed = matters.copy()
            changed[axis] = amount
            return self(changed)

        return likelihood


class ExactLikelihood(Likelihood):
    """That of a Gaussian process, whose covariance is factorized for each guess.

    What a weight adds to the covariance is 0 but for the trials in which it is not at its start.
    Along this weight all others are factorized once (a Schur complement; Golub and Van Loan,
    *Matrix Computations*, 2013, section 3.2). So many weights of which few move cost little.

    Args:
        points: (n, d), the weights of the trials.
        rest: (n, n), all of the covariance that no weight changes.
        scores: (n,), around 0.
    """

    def __init__(self, points: Array, rest: Array, scores: Array) -> None:
        super().__init__(self._whole)
        self._rest, self._scores = rest, scores
        self._axes = [_Axis.of(coordinates) for coordinates in points.T]
        self._at = np.zeros(points.shape[1])
        self._alone, self._together = np.zeros_like(rest), np.zeros_like(rest)

    def _whole(self, matters: Array) -> float:
        return _density(self._covariance(matters), self._scores)

    def along(self, matters: Array, axis: int) -> Callable[[float], float]:
        """As a function of how much one weight matters; constant where it never moved."""
        part = self._axes[axis]
        if not part.moved.any():
            return lambda _amount: 0.0
        without = matters.copy()
        without[axis] = 0.0
        inner, left = _given(self._covariance(without), self._scores, part.moved)
        products = PRODUCT**2 * part.product * self._together[part.block]
        return lambda amount: _density(inner + amount**2 * part.curve + amount * products, left)

    def _covariance(self, matters: Array) -> Array:
        """(n, n) the covariance of the scores, by sums that are changed where a weight differs.

        All products of two weights at once: half the square of a sum, without its own squares.
        """
        for axis in np.flatnonzero(matters != self._at):
            before, now, part = self._at[axis], matters[axis], self._axes[axis]
            own = part.curve - PRODUCT**2 / 2 * part.product**2
            self._alone[part.block] += (now**2 - before**2) * own
            self._together[part.block] += (now - before) * part.product
        self._at = matters.copy()
        covariance: Array = self._rest + self._alone + PRODUCT**2 / 2 * self._together**2
        return covariance


@dataclass(frozen=True)
class _Axis:
    """One weight between the k trials in which it is not at its start.

    Attributes:
        moved: (n,), whether it is one of these trials.
        block: Their place in (n, n).
        product: (k, k), part of the kernel.
        curve: (k, k), part of the kernel.
    """

    moved: NDArray[np.bool_]
    block: tuple[NDArray[np.intp], ...]
    product: Array
    curve: Array

    @classmethod
    def of(cls, coordinates: Array) -> _Axis:
        moved = np.not_equal(coordinates, 0.0)
        there = coordinates[moved]
        return cls(moved, np.ix_(moved, moved), *parts_of(there[:, None], there[None, :]))


def _density(covariance: Array, scores: Array) -> float:
    """Logarithm of the normal density of scores, up to a constant."""
    lower = cholesky(covariance, lower=True)
    whitened = solve_triangular(lower, scores, lower=True)
    return float(-0.5 * whitened @ whitened - np.log(np.diag(lower)).sum())


def _given(covariance: Array, scores: Array, some: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Covariance of some scores given all others, and how far they are from what is expected."""
    if some.all():
        return covariance, scores
    lower = cholesky(covariance[np.ix_(~some, ~some)], lower=True)
    both = np.column_stack([covariance[np.ix_(~some, some)], scores[~some]])
    half = solve_triangular(lower, both, lower=True)
    across, whitened = half[:, :-1], half[:, -1]
    return covariance[np.ix_(some, some)] - across.T @ across, scores[some] - across.T @ whitened
