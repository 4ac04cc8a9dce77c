"""The values of a weight that are practically as good as its own.

A loss counts where it is both certain and large enough to matter: significance and relevance
together (Roychoudhury, Scheuer and Neuenschwander, *Beyond p-values: A phase II dual-criterion
design with statistical significance and clinical relevance*, 2018). Beyond the tried values nothing
is certain, so a value counts as good there only where its loss is certain not to matter: one side
of an equivalence test (Schuirmann, *A Comparison of the Two One-Sided Tests Procedure and the Power
Approach*, 1987), on a stretch that stays short.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tuner.results.statistics import STAGE_CONFIDENCE, normal_quantile
from tuner.search.context import SearchContext
from tuner.search.surface import Surface, points_of

SMALL = 0.1
"""A loss below this share of the gain does not matter: the value keeps nine tenths of it."""

BEYOND = 2.0
"""The farthest value that can be as good, as a factor beyond the tried ones; no farther than these
where a value beyond them failed, left without a forecast, or broke a guardrail."""

STEPS, STEPS_BEYOND = 48, 12
"""Number of places that are compared on each side of a value, and beyond the tried ones."""

TINY = 1e-9


Ends = tuple[float, float]
"""Lowest and highest value of one weight."""


def as_good(
    surface: Surface,
    weights: Mapping[str, float],
    name: str,
    known: Ends,
    asked: Ends,
    margin: float,
    context: SearchContext,
) -> Ends:
    """Lowest and highest value around a weight's own that are as good, the others unchanged.

    Args:
        weights: The exported weights.
        name: The weight whose values are compared.
        known: Of the values whose scores the surface knows.
        asked: Of all values that were trained, also without success.
        margin: Score; a smaller loss does not matter.
    """
    lowest, highest = context.plan.bounds[name]
    farthest = max(lowest, known[0] / BEYOND), min(highest, known[1] * BEYOND)
    low, high = (
        _last_good(surface, weights, name, (end, end if end != last else far), margin, context)
        for end, last, far in zip(known, asked, farthest, strict=True)
    )
    return min(low, weights[name]), max(high, weights[name])


def _last_good(
    surface: Surface,
    weights: Mapping[str, float],
    name: str,
    way: Ends,
    margin: float,
    context: SearchContext,
) -> float:
    """The last value before one that is not as good, on the way to a tried value and beyond it."""
    here, known, far = (context.scale.coordinate(name, each) for each in (weights[name], *way))
    inside, beyond = np.linspace(here, known, STEPS), np.linspace(known, far, STEPS_BEYOND)
    places = np.concatenate([inside, beyond])
    values = [context.scale.value(name, float(place)) for place in places]
    points = points_of([{**weights, name: value} for value in values], context.scale)
    gains = surface.gains(points, context.scale.point(weights))
    loss, sure = -gains.mean, normal_quantile(STAGE_CONFIDENCE) * gains.sd + TINY
    good = np.where(
        np.arange(len(places)) < STEPS,
        (loss <= sure) | (loss <= margin),
        loss + sure <= margin,
    )
    last = int(np.argmin(good)) - 1 if not good.all() else len(values) - 1
    return float(f"{values[max(last, 0)]:.2g}")
