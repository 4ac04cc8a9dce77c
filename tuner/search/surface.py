"""The response surface: one smooth function of all weights through all trials of a study.

    score = level + share of the seed + surface(weights) + noise

The surface is a Gaussian process with an additive kernel (Rasmussen and Williams, *Gaussian
Processes for Machine Learning*, 2006, chapters 2 and 5; Duvenaud, Nickisch and Rasmussen,
*Additive Gaussian Processes*, 2011): over the logarithm of each weight a slope, a curvature and a
small free-form part, and for each two weights a small product. So the trials of the stages, which
are the star of a central composite design (Box and Wilson, 1951), predict scores of places without
trials.

How much a weight matters is estimated by the marginal likelihood; where the scores show only noise,
the surface is flat.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from tuner.search.kernel import Array, KernelParts, variances
from tuner.search.likelihood import ExactLikelihood, Likelihood
from tuner.search.relevance import Relevance
from tuner.search.scale import Point, Scale

VAGUE = 50.0
"""Prior standard deviation of level and seed effects, in noises: practically unknown."""


@dataclass(frozen=True)
class Gains:
    """The gains of some points over another one, one entry for each point.

    Attributes:
        mean: Expected gain; positive is better.
        sd: Standard deviation of the gain, without the noise of a training.
    """

    mean: Array
    sd: Array


class Surface:
    """A surface through scores.

    Args:
        points: (n, d), the weights of the trials.
        seeds: (n,), their seeds.
        scores: (n,), their scores.
        sds: (n,), the noise of each training, above 0; a number where it is equal for all.
        matters: (d,), how much each weight matters; it is estimated where it is not given.
    """

    def __init__(
        self,
        points: Array,
        seeds: Sequence[int],
        scores: Array,
        sds: Array | float,
        matters: Array | None = None,
    ) -> None:
        self.points = points
        self._seeds = np.asarray(seeds)
        self._sds: Array = np.broadcast_to(np.asarray(sds, dtype=float), len(points))
        self._sd = float(np.sqrt(np.mean(self._sds**2)))
        # Centered: the wide prior of the level would lose digits for large scores.
        self._scores = scores - scores.mean()
        if matters is None:
            matters = self._relevance().most_likely(points.shape[1])
        self.matters = matters
        self._solve()

    def _solve(self) -> None:
        """Solves for the weights of the trials, given how much each weight matters."""
        covariance = self._across(self.points) + self._rest()
        self._factor = cho_factor(covariance, lower=True)
        self._weights = cho_solve(self._factor, self._scores)

    def gains(self, points: Array, over: Point) -> Gains:
        """Gains of (m, d) points over one point."""
        here = over[None, :]
        across = self._across(points) - self._across(here)
        half = solve_triangular(self._factor[0], across.T, lower=True)
        together = KernelParts(points, here).covariance(self.matters)[:, 0]
        prior = variances(points, self.matters) + variances(here, self.matters) - 2 * together
        left = np.maximum(prior - (half**2).sum(axis=0), 0.0)
        return Gains(mean=-(across @ self._weights), sd=np.sqrt(left))

    def covariance(self, points: Array, over: Point) -> Array:
        """(m, m) covariance of the gains of (m, d) points over one point."""
        here = over[None, :]
        half = solve_triangular(
            self._factor[0], (self._across(points) - self._across(here)).T, lower=True
        )
        both = np.vstack([points, here])
        prior = KernelParts(both, both).covariance(self.matters)
        prior = prior - prior[-1] - prior[:, -1:] + prior[-1, -1]
        left: Array = prior[:-1, :-1] - half.T @ half
        return left

    def heights(self, points: Array) -> Array:
        """(m,) expected scores, up to a constant; lower is better."""
        heights: Array = self._across(points) @ self._weights
        return heights

    def evidence(self, axes: Sequence[int]) -> float:
        """The evidence that weights matter: the logarithm of a likelihood ratio.

        It compares this surface with one in which these weights have no effect, and the others are
        fitted again. Above 0 where the weights matter.

        Args:
            axes: Indices of the weights, in the order of the scale.
        """
        absent, relevance = np.isin(np.arange(len(self.matters)), axes), self._relevance()
        without = np.where(absent, 0.0, self.matters)
        for axis in np.flatnonzero(~absent):
            without = relevance.best_along(without, int(axis), ~absent)
        return relevance.odds(self.matters, ~absent) - relevance.odds(without, ~absent)

    @property
    def likelihood(self) -> float:
        """Logarithm of the marginal likelihood of the scores, up to a constant."""
        return self._likelihood()(self.matters)

    def fantasized(self, point: Point, seed: int) -> Surface:
        """The surface after a training with exactly the expected score: only more certain around.

        So a second point can be chosen before the first is trained ("kriging believer";
        Ginsbourger, Le Riche and Carraro, *Kriging Is Well-Suited to Parallelize Optimization*,
        2010).
        """
        return type(self)(
            np.vstack([self.points, point]),
            [*self._seeds, seed],
            np.append(self._scores, self._expected(point, seed)),
            np.append(self._sds, self._sd),
            self.matters,
        )

    def _expected(self, point: Point, seed: int) -> float:
        """The expected score of a training."""
        across = self._across(point[None, :]) + self._vague(np.array([seed]))
        return float((across @ self._weights)[0])

    def _relevance(self) -> Relevance:
        """What the scores say of how much each weight matters."""
        return Relevance(self._likelihood(), self._scores, self._sd)

    def _vague(self, seeds: Array) -> Array:
        """(m, n) covariance of level and seed with those of the trials."""
        same_seed = np.equal.outer(seeds, self._seeds)
        vague: Array = self._sd**2 * VAGUE**2 * (1.0 + same_seed)
        return vague

    def _across(self, points: Array) -> Array:
        """(m, n) covariance of points with the trials."""
        return KernelParts(points, self.points).covariance(self.matters)

    def _rest(self) -> Array:
        """(n, n) the covariance that the weights do not change."""
        rest: Array = self._vague(self._seeds) + np.diag(self._sds**2)
        return rest

    def _likelihood(self) -> Likelihood:
        """The marginal likelihood of the scores; it holds matrices of (n, n) and is not kept."""
        return ExactLikelihood(self.points, self._rest(), self._scores)


def points_of(weights: Iterable[Mapping[str, float]], scale: Scale) -> Array:
    """(m, d) the points of several sets of weights."""
    return np.array([scale.point(each) for each in weights]).reshape(-1, len(scale.names))
