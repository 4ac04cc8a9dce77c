"""How much each weight matters: the values that make the scores of all trials most likely.

The marginal likelihood of a Gaussian process (Rasmussen and Williams, *Gaussian Processes for
Machine Learning*, 2006, section 5.4), with a prior on the logarithm of how much a weight matters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.search.kernel import Array
from tuner.search.likelihood import Likelihood

MATTERS = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)
"""How much a weight may matter, in noises per e-fold; where scores differ by more, further
values are added, each `FURTHER` times the one before."""

FURTHER = 3.0

EXPECTED, SPREAD = 0.5, 1.5
"""Mean and standard deviation of the prior of the logarithm of how much a weight matters."""

SWEEPS = 2


@dataclass(frozen=True)
class Relevance:
    """What the scores say of how much each weight matters.

    Attributes:
        likelihood: Of the scores.
        scores: (n,), the scores around 0.
        sd: The noise of one training.
    """

    likelihood: Likelihood
    scores: Array
    sd: float

    def most_likely(self, dimensions: int) -> Array:
        """Estimates how much each weight matters: first all equally, then one after the other."""
        grid = self.grid()
        best = max((np.full(dimensions, amount) for amount in grid), key=self.likelihood)
        for _ in range(SWEEPS):
            for axis in range(dimensions):
                best = self.best_along(best, axis)
        return best

    def best_along(
        self, matters: Array, axis: int, among: NDArray[np.bool_] | None = None
    ) -> Array:
        """The most likely values that differ from some in one weight only."""
        likelihood = self.likelihood.along(matters, axis)

        def odds(tried: Array) -> float:
            return likelihood(tried[axis]) + self._expectation(tried, among)

        return max((_with(matters, axis, amount) for amount in self.grid()), key=odds)

    def grid(self) -> list[float]:
        """The candidates of how much a weight matters."""
        grid = [self.sd * matters for matters in MATTERS]
        while grid[-1] < float(np.ptp(self.scores)):
            grid.append(FURTHER * grid[-1])
        return grid

    def odds(self, matters: Array, among: NDArray[np.bool_] | None = None) -> float:
        """Logarithm of the posterior density, up to a constant.

        Args:
            among: Weights that may matter at all; by default all.
        """
        return self.likelihood(matters) + self._expectation(matters, among)

    def _expectation(self, matters: Array, among: NDArray[np.bool_] | None) -> float:
        """Logarithm of the prior density, up to a constant."""
        expected = matters if among is None else matters[among]
        return float(-0.5 * (((np.log(expected / self.sd) - EXPECTED) / SPREAD) ** 2).sum())


def _with(matters: Array, axis: int, amount: float) -> Array:
    changed = matters.copy()
    changed[axis] = amount
    return changed
