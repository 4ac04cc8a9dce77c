"""What each weight does in the end: whether it matters, what it carries, and what is as good.

All of it is read off the surface through every training, those of the claim included. A weight
matters where the scores say so clearly, or where it stayed away from its start. Its share of the
gain is what would be lost if it alone went back, over the gain; shares need not add up to one
where weights depend on each other. The interval of a share is that of a ratio of two normal
quantities (the delta method; Casella and Berger, *Statistical Inference*, 2002, section 5.5.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

import numpy as np

from tuner.results import Share, TrialResult, WeightEffect
from tuner.search.ablation import CLEAR, back, evidence, moved
from tuner.search.context import SearchContext, reliable
from tuner.search.kernel import Array
from tuner.search.surface import Surface, points_of
from tuner.statistics import CLAIM_CONFIDENCE, STAGE_CONFIDENCE, normal_quantile

STEPS = 48
"""Places between the lowest and the highest value tried that are asked whether they are as good."""

TINY = 1e-9


def describe(
    weights: Mapping[str, float], context: SearchContext, known: tuple[TrialResult, ...]
) -> tuple[WeightEffect, ...]:
    """Every weight that the study varied, in the order of its stages.

    Args:
        weights: What is exported.
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
    tried = [r.trial.weights[name] for r in known if reliable([r]) and not r.trial.rival]
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
    """Around the weight's value, those that cannot be told from it."""
    ends = [context.scale.coordinate(name, value) for value in tried]
    here = context.scale.coordinate(name, weights[name])
    low, high = (
        _reach(surface, weights, name, np.linspace(here, end, STEPS), context) for end in ends
    )
    return min(low, weights[name]), max(high, weights[name])


def _reach(
    surface: Surface, weights: Mapping[str, float], name: str, places: Array, context: SearchContext
) -> float:
    """The last of some values, on the way from the first, before one that is visibly worse."""
    values = [context.scale.value(name, float(place)) for place in places]
    points = points_of([{**weights, name: value} for value in values], context.scale)
    gains = surface.gains(points, context.scale.point(weights))
    worse = -gains.mean > normal_quantile(STAGE_CONFIDENCE) * gains.sd + TINY
    last = int(np.argmax(worse)) - 1 if worse.any() else len(values) - 1
    return float(f"{values[max(last, 0)]:.2g}")


def _shares(
    surface: Surface, weights: Mapping[str, float], context: SearchContext
) -> dict[str, Share]:
    """What each moved weight carries; nothing where no gain can be told from noise."""
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
