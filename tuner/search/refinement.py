"""Refines the moved weights: the optimum of the surface, in round numbers.

Trials are placed to learn, not to hit the optimum. So the best weights are the optimum of the
surface through all trials, within the tried values. Of equally good values the one nearest to the
start is taken: the one-standard-error rule (Breiman, Friedman, Olshen and Stone, *Classification
and Regression Trees*, 1984, section 3.4.3), with a smaller tolerance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from math import floor, log10

import numpy as np

from tuner.results import TrialResult
from tuner.results.statistics import weights_key
from tuner.search.ablation import moved
from tuner.search.context import SearchContext, reliable
from tuner.search.kernel import Array
from tuner.search.surface import Surface, points_of

SCATTERED, KEPT, AROUND = 1024, 16, 16
NARROWER = (0.3, 0.1, 0.03)

AS_GOOD = 0.3
"""Values with a loss below this many standard deviations count as equally good."""

BEYOND = 1.2
"""How far a round number may lie beyond the optimum, as a factor."""

ROUND = (1.0, 1.2, 1.5, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
"""Round numbers of one decade; smaller differences are never visible."""

SMALLEST = 1e-4
"""The smallest round number of a weight that may be 0, as a share of its highest value."""

Place = tuple[float, ...]


def refine(
    weights: Mapping[str, float], context: SearchContext, known: Sequence[TrialResult]
) -> dict[str, float]:
    """The weights that are moved, where the surface is lowest; the others as they are.

    Args:
        known: All results so far; nothing outside of what they tried with success is taken.
    """
    surface = context.surface()
    names = moved(weights, context)
    if surface is None or not names:
        return dict(weights)
    free = tuple(name in names for name in context.scale.names)
    low, high = _box(context, known)
    place = best_place(surface, tuple(context.scale.point(weights)), free, low, high)
    return _rounded(surface, context, {**weights, **_within(context, place, names)}, names)


def _within(context: SearchContext, place: Place, names: Sequence[str]) -> dict[str, float]:
    """The weights with some of them at a place, within the bounds."""
    values = dict(zip(context.scale.names, place, strict=True))
    return context.plan.within({name: context.scale.value(name, values[name]) for name in names})


def _rounded(
    surface: Surface, context: SearchContext, best: Mapping[str, float], names: Sequence[str]
) -> dict[str, float]:
    """The weights with some of them rounded, the one that was moved least first."""
    weights = dict(best)
    for name in sorted(names, key=lambda one: abs(context.scale.coordinate(one, best[one]))):
        weights[name] = _nearest(surface, context, weights, best, name)
    return weights


@lru_cache(maxsize=64)
def best_place(
    surface: Surface, start: Place, free: tuple[bool, ...], low: Place, high: Place
) -> Place:
    """The lowest place of a surface in a box; it depends on the surface only.

    Args:
        start: Where the minimization begins.
        free: Which coordinates may change.
    """
    random = np.random.default_rng(0)
    anywhere = random.uniform(low, high, (SCATTERED, len(low)))
    best = _lowest(surface, np.vstack([start, np.where(free, anywhere, start)]))
    for reach in (0.0, *NARROWER):
        centers = np.repeat(best, AROUND, axis=0)
        scattered = np.clip(centers + random.normal(0.0, reach, centers.shape), low, high)
        best = _lowest(surface, np.vstack([best, np.where(free, scattered, start)]))
    return tuple(float(coordinate) for coordinate in best[0])


def _lowest(surface: Surface, points: Array) -> Array:
    lowest: Array = points[np.argsort(surface.heights(points), kind="stable")[:KEPT]]
    return lowest


def _box(context: SearchContext, known: Sequence[TrialResult]) -> tuple[Place, Place]:
    """Corners of the box of successful weights."""
    failed = {weights_key(r.trial.weights) for r in known if not reliable([r])}
    tried = (r.trial.weights for r in known if weights_key(r.trial.weights) not in failed)
    kept = [weights for weights in tried if not context.broken(weights)]
    points = points_of([*kept, context.plan.weights], context.scale)
    return tuple(points.min(axis=0)), tuple(points.max(axis=0))


def _nearest(
    surface: Surface,
    context: SearchContext,
    weights: Mapping[str, float],
    best: Mapping[str, float],
    name: str,
) -> float:
    """The round value nearest to the start that is as good as the best one."""
    values = [*_round_values(context, name, best[name])]
    if not values:
        return best[name]
    points = points_of([{**weights, name: value} for value in values], context.scale)
    gains = surface.gains(points, context.scale.point(best))
    good = -gains.mean <= AS_GOOD * gains.sd
    return values[int(np.argmax(good))] if good.any() else float(f"{best[name]:.2g}")


def _round_values(context: SearchContext, name: str, best: float) -> Iterator[float]:
    """Round values from the start to a little beyond the best value, without the start."""
    start = context.plan.weights[name]
    farthest = context.plan.within({name: best * BEYOND if best > start else best / BEYOND})[name]
    low, high = sorted((start, farthest))
    if high <= 0:
        return
    first, last = (floor(log10(end)) for end in (max(low, high * SMALLEST), high))
    decades = range(first, last + 1)
    values = [float(f"{digit}e{decade}") for decade in decades for digit in ROUND]
    inside = [value for value in values if low <= value <= high and value != start]
    yield from sorted(inside, key=lambda value: abs(context.scale.coordinate(name, value)))
