"""The effect of each weight: whether it matters, its share of the gain, and equally good values.

Everything is computed from the surface through all trainings, those of the confirmation included. A
weight matters where the evidence is clear, or where it is not set back to its start. Its share is
the loss when it alone is set back, divided by the gain; shares need not add up to 1 where weights
interact. The interval of a share is that of a ratio of two normal quantities (the delta method;
Casella and Berger, *Statistical Inference*, 2002, section 5.5.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

import numpy as np

from tuner.results import Share, TrialResult, WeightEffect
from tuner.results.statistics import CLAIM_CONFIDENCE, STAGE_CONFIDENCE, normal_quantile
from tuner.search.ablation import CLEAR, back, evidence, moved
from tuner.search.context import SearchContext, reliable
from tuner.search.kernel import Array
from tuner.search.surface import Surface, points_of

STEPS = 48
"""Number of places between the lowest and the highest tried value that are compared."""

TINY = 1e-9


def describe(
    weights: Mapping[str, float], context: SearchContext, known: tuple[TrialResult, ...]
) -> tuple[WeightEffect, ...]:
    """Every weight that the study varied, in the order of its stages.

    Args:
        weights: The exported weights.
        known: All results.
    """
    surface = context.surface()
    if surface is None:
        return ()
    shares = _shares(surface, weights, context)
    return tuple(
        _effect(surface, weights, name, shares.get(name), context, known)
        for name in context.scale.names
    )


def _effect(
    surface: Surface,
    weights: Mapping[str, float],
    name: str,
    share: Share | None,
    context: SearchContext,
    known: tuple[TrialResult, ...],
) -> WeightEffect:
    tried = [
        result.trial.weights[name]
        for result in known
        if reliable([result]) and not result.trial.rival
        if not context.broken(result.trial.weights)
    ]
    low, high = min(tried, default=weights[name]), max(tried, default=weights[name])
    away = name in moved(weights, context)
    return WeightEffect(
        name=name,
        start=context.plan.weights[name],
        value=weights[name],
        tried=(low, high),
        as_good=_as_good(surface, weights, name, (low, high), context),
        matters=away or evidence(surface, [name], context) >= CLEAR,
        share=share,
    )


def _as_good(
    surface: Surface,
    weights: Mapping[str, float],
    name: str,
    tried: tuple[float, float],
    context: SearchContext,
) -> tuple[float, float]:
    """The range of values around the weight's own that are not distinguishable from it."""
    ends = [context.scale.coordinate(name, value) for value in tried]
    here = context.scale.coordinate(name, weights[name])
    low, high = (
        _reach(surface, weights, name, np.linspace(here, end, STEPS), context) for end in ends
    )
    return min(low, weights[name]), max(high, weights[name])


def _reach(
    surface: Surface, weights: Mapping[str, float], name: str, places: Array, context: SearchContext
) -> float:
    """The last of the values, starting from the first, before one that is visibly worse."""
    values = [context.scale.value(name, float(place)) for place in places]
    points = points_of([{**weights, name: value} for value in values], context.scale)
    gains = surface.gains(points, context.scale.point(weights))
    worse = -gains.mean > normal_quantile(STAGE_CONFIDENCE) * gains.sd + TINY
    last = int(np.argmax(worse)) - 1 if worse.any() else len(values) - 1
    return float(f"{values[max(last, 0)]:.2g}")


def _shares(
    surface: Surface, weights: Mapping[str, float], context: SearchContext
) -> dict[str, Share]:
    """The share of each moved weight; empty where no gain is larger than the noise."""
    names = moved(weights, context)
    sets = [*(back(weights, [name], context) for name in names), context.plan.weights]
    points, here = points_of(sets, context.scale), context.scale.point(weights)
    losses = -surface.gains(points, here).mean
    covariance = surface.covariance(points, here)
    quantile, gain = normal_quantile(CLAIM_CONFIDENCE), float(losses[-1])
    if gain <= quantile * sqrt(max(float(covariance[-1, -1]), 0.0)) + TINY:
        return {}
    shares = {}
    for place, name in enumerate(names):
        share = float(losses[place]) / gain
        direction = np.zeros(len(sets))
        direction[place] += 1.0
        direction[-1] -= share
        margin = quantile * sqrt(max(float(direction @ covariance @ direction), 0.0)) / gain
        shares[name] = Share(value=share, low=share - margin, high=share + margin)
    return shares
