"""The last stage: moves all weights at once to the optimum of the surface through all trials.

Two proposals at a time are trained on the first seed, then the surface is fitted again, until the
next proposal has been trained before. The weights with the best expected score are then compared
with the incumbent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from tuner.results import CombinationResult, Trial, TrialResult
from tuner.results.statistics import scores_by_seed, weights_key
from tuner.search.context import SearchContext, TrialFactory, reliable
from tuner.search.kernel import Array
from tuner.search.paired_comparison import ComparisonOutcome, PairedComparison, judge_best
from tuner.search.scale import Point
from tuner.search.surface import Surface, points_of
from tuner.spec.plan import COMBINED_AT_ONCE

SCATTERED, NARROWED, KEPT = 1024, 256, 16
NARROWER = (0.3, 0.1, 0.03)
"""How far the next points are scattered around the best ones, in e-folds."""

OPTIMISM = 1.0
"""Standard deviations that are added to the expected gain of a point, so that uncertain points are
explored (an upper confidence bound; Srinivas, Krause, Kakade and Seeger, *Gaussian Process
Optimization in the Bandit Setting*, 2010)."""

NEAR = 0.05
"""Points that differ by less than this, in e-folds, count as equal."""


def combine(
    number: int,
    incumbent: Mapping[str, float],
    context: SearchContext,
    known: Sequence[TrialResult],
) -> CombinationResult:
    """Proposes weights, trains them, and judges the best.

    Args:
        number: The number of the stage.
        incumbent: The weights that the stages found.
        known: All results so far; proposals stay within the values that they tried.
    """
    combining = _CombinationRun(number, incumbent, context, known)
    left = context.plan.combination
    while left and (trained := combining.propose(min(COMBINED_AT_ONCE, left))):
        left -= trained
    best, outcome = judge_best(combining.best, combining.decide)
    comparison = outcome.comparison if outcome else None
    # All trials support these weights, so a few seeds without a difference do not refute them. The
    # confirmation decides what is exported; without an expected gain there is nothing to confirm.
    hopeless = outcome is not None and outcome.note and incumbent == context.plan.weights
    refuted = comparison is None or comparison.verdict == "worse" or comparison.breaks
    kept = refuted or hopeless
    return CombinationResult(
        number=number,
        start=dict(incumbent),
        chosen=dict(incumbent) if best is None or kept else dict(best),
        best_tried=best,
        tried=combining.table(),
        comparison=comparison,
        note=outcome.note if outcome else "",
    )


Place = tuple[float, ...]
"""A point as a key of a dict or a cache."""


class _CombinationRun:
    """The proposed weights, with their results."""

    def __init__(
        self,
        number: int,
        incumbent: Mapping[str, float],
        context: SearchContext,
        known: Sequence[TrialResult],
    ) -> None:
        self._factory = TrialFactory(context.plan, number, None)
        self._incumbent = incumbent
        self._context = context
        self._known: dict[object, list[TrialResult]] = {}
        self._proposed: dict[object, list[TrialResult]] = {}
        for result in known:
            self._known.setdefault(weights_key(result.trial.weights), []).append(result)

    def propose(self, at_most: int) -> int:
        """Trains the best proposals; returns how many, 0 where known or out of budget."""
        surface, seed = self._context.surface(), self._context.plan.decide_seeds[0]
        trials: list[Trial] = []
        while surface is not None and len(trials) < at_most:
            weights = self._most_promising(surface)
            there = self._context.scale.point(weights)
            taken = [*(r[0].trial for r in self._known.values()), *trials]
            if any(_near(there, self._context.scale.point(one.weights)) for one in taken):
                break
            trials.append(self._factory.trial(weights, seed, "combination"))
            surface = fantasized(surface, tuple(there), seed)
        results = self._context.train([[trial] for trial in trials])
        self.note(results)
        return len(results)

    def note(self, results: Sequence[TrialResult]) -> None:
        """Adds results of the proposals."""
        for result in results:
            key = weights_key(result.trial.weights)
            self._proposed.setdefault(key, self._known.setdefault(key, [])).append(result)

    def best(self) -> Mapping[str, float] | None:
        """The weights with the best expected score; None where they are the incumbent."""
        surface = self._context.surface()
        if surface is None:
            return None
        tried = self._successful()
        best = tried[int(np.argmin(surface.heights(points_of(tried, self._context.scale))))]
        return None if weights_key(best) == weights_key(self._incumbent) else best

    def decide(self, best: Mapping[str, float]) -> ComparisonOutcome:
        """Compares the best weights with the incumbent."""
        outcome = PairedComparison(self._incumbent, best, self._context, self._factory).run()
        self.note(outcome.after)
        return outcome

    def table(self) -> tuple[tuple[Mapping[str, float], float | None], ...]:
        """Mean score of all weights that were proposed, in that order."""
        rows = []
        for results in self._proposed.values():
            scores = list(scores_by_seed(results).values())
            rows.append((results[0].trial.weights, float(np.mean(scores)) if scores else None))
        return tuple(rows)

    def _most_promising(self, surface: Surface) -> dict[str, float]:
        scale = self._context.scale
        corners = (tuple(corner) for corner in self._box())
        place = most_promising(surface, *corners, tuple(scale.point(self._incumbent)))
        return self._context.plan.within(scale.weights(np.array(place)))

    def _box(self) -> tuple[Point, Point]:
        """Corners of the box of successful weights; outside, the surface is not valid."""
        points = points_of(self._successful(), self._context.scale)
        return points.min(axis=0), points.max(axis=0)

    def _successful(self) -> list[Mapping[str, float]]:
        """Weights that neither failed nor break a guardrail, and always the incumbent."""
        tried = (r[0].trial.weights for r in self._known.values() if reliable(r))
        return [self._incumbent, *(one for one in tried if not self._context.broken(one))]


@lru_cache(maxsize=64)
def most_promising(surface: Surface, low: Place, high: Place, over: Place) -> Place:
    """The most promising point in a box; it depends on the surface only.

    Cached, because each replay computes it again.

    Args:
        over: The point to which gains are relative, such as the incumbent.
    """
    random = np.random.default_rng(0)
    around: Array = np.vstack([random.uniform(low, high, (SCATTERED, len(low))), over])
    best = _most_promising(surface, around, over)
    for reach in NARROWER:
        centers = np.repeat(best, NARROWED // KEPT, axis=0)
        scattered = np.clip(centers + random.normal(0.0, reach, centers.shape), low, high)
        best = _most_promising(surface, np.vstack([best, scattered]), over)
    return tuple(float(coordinate) for coordinate in best[0])


@lru_cache(maxsize=64)
def fantasized(surface: Surface, place: Place, seed: int) -> Surface:
    """The surface after a training with the expected score; cached, too."""
    return surface.fantasized(np.array(place), seed)


def _most_promising(surface: Surface, points: Array, over: Place) -> Array:
    gains = surface.gains(points, np.array(over))
    order = np.argsort(-(gains.mean + OPTIMISM * gains.sd), kind="stable")
    best: Array = points[order[:KEPT]]
    return best


def _near(first: Point, second: Point) -> bool:
    return bool(np.abs(first - second).max() < NEAR)
