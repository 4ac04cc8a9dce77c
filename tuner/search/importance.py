"""The effect of each weight: whether it matters, its share of the gain, and equally good values.

Everything is computed from the surface through all trainings, those of the confirmation included. A
weight matters where the evidence is clear, or where it is not set back to its start. Its share is
the loss when it alone is set back, divided by the gain; shares need not add up to 1 where weights
interact. The interval of a share is that of a ratio of two normal quantities (the delta method;
Casella and Berger, *Statistical Inference*, 2002, section 5.5.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import sqrt
from typing import TypeVar

import numpy as np

from tuner.results import GuardrailCheck, Share, TrialResult, WeightEffect
from tuner.results.statistics import (
    CLAIM_CONFIDENCE,
    STAGE_CONFIDENCE,
    normal_quantile,
    weights_key,
)
from tuner.search.ablation import CLEAR, back, evidence, moved
from tuner.search.context import SearchContext, reliable
from tuner.search.equivalence import SMALL, as_good
from tuner.search.refused import refusals
from tuner.search.surface import Surface, points_of
from tuner.search.surface_fit import scored

Why = TypeVar("Why")

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
    gain, away = _clear_gain(surface, weights, context), moved(weights, context)
    shares = _shares(surface, weights, gain, context) if gain else {}
    margin = max(context.plan.margin, SMALL * gain)
    own = [result for result in known if not result.trial.rival]
    asked = [result.trial.weights for result in own]
    reached = [result.trial.weights for result in own if reliable([result])]
    tried = [each for each in reached if not context.broken(each)]
    judged = [(trial.weights, context.broken(trial.weights)) for trial, _ in scored(own)]
    compared = [each for each, checks in judged if not checks]
    broken = [(each, checks) for each, checks in judged if checks]
    rejected = [(one.trial.weights, refusals(one)) for one in own if one.status == "rejected"]
    against = [*((each, [one.metric for one in checks]) for each, checks in broken), *rejected]
    return tuple(
        WeightEffect(
            name=name,
            start=context.plan.weights[name],
            value=weights[name],
            tried=_ends(tried, weights, name),
            as_good=as_good(
                surface,
                weights,
                name,
                known=_ends(compared, weights, name),
                asked=_ends(asked, weights, name),
                margin=margin,
                context=context,
            ),
            matters=name in away or evidence(surface, [name], context) >= CLEAR,
            share=shares.get(name),
            refused=_refused(surface, weights, name, broken, margin, context),
            broke=_broke(weights, name, against),
            trained=_ends(asked, weights, name),
        )
        for name in context.scale.names
    )


def _refused(
    surface: Surface,
    weights: Mapping[str, float],
    name: str,
    broken: Iterable[tuple[Mapping[str, float], tuple[GuardrailCheck, ...]]],
    margin: float,
    context: SearchContext,
) -> tuple[str, ...]:
    """The guarded numbers that stand against values of one weight that are surely better.

    Args:
        name: The weight; the others are as exported.
        broken: Weights that were trained, with the guardrails that they break.
        margin: Score; a smaller gain does not matter.
    """
    beside = list(_beside(weights, name, broken))
    if not beside:
        return ()
    points = points_of([each for each, _ in beside], context.scale)
    gains = surface.gains(points, context.scale.point(weights))
    sure = normal_quantile(STAGE_CONFIDENCE) * gains.sd + TINY
    better = (gains.mean > sure) & (gains.mean > margin)
    counted = (checks for (_, checks), wins in zip(beside, better, strict=True) if wins)
    return tuple(dict.fromkeys(check.metric for checks in counted for check in checks))


def _broke(
    weights: Mapping[str, float],
    name: str,
    against: Iterable[tuple[Mapping[str, float], Sequence[str]]],
) -> tuple[str, ...]:
    """The guardrails that other values of one weight break.

    Args:
        name: The weight; the others are as exported.
        against: Weights that were trained, with the guardrails that they break.
    """
    beside = _beside(weights, name, against)
    return tuple(dict.fromkeys(metric for _, metrics in beside for metric in metrics))


def _beside(
    weights: Mapping[str, float], name: str, trained: Iterable[tuple[Mapping[str, float], Why]]
) -> Iterator[tuple[Mapping[str, float], Why]]:
    """Those of the trained weights that differ in one weight alone."""
    here = weights_key(weights)
    for each, why in trained:
        if weights_key(each) != here == weights_key({**each, name: weights[name]}):
            yield each, why


def _ends(
    tried: Iterable[Mapping[str, float]], weights: Mapping[str, float], name: str
) -> tuple[float, float]:
    """Lowest and highest value of one weight, its own included."""
    values = [weights[name], *(each[name] for each in tried)]
    return min(values), max(values)


def _clear_gain(surface: Surface, weights: Mapping[str, float], context: SearchContext) -> float:
    """The gain over the start weights; 0 where it is not larger than the noise."""
    start = points_of([context.plan.weights], context.scale)
    loss = surface.gains(start, context.scale.point(weights))
    gain, sd = -float(loss.mean[0]), float(loss.sd[0])
    return gain if gain > normal_quantile(CLAIM_CONFIDENCE) * sd + TINY else 0.0


def _shares(
    surface: Surface, weights: Mapping[str, float], gain: float, context: SearchContext
) -> dict[str, Share]:
    """The share that each moved weight has of a gain above 0."""
    names = moved(weights, context)
    sets = [*(back(weights, [name], context) for name in names), context.plan.weights]
    points, here = points_of(sets, context.scale), context.scale.point(weights)
    losses = -surface.gains(points, here).mean
    covariance = surface.covariance(points, here)
    quantile = normal_quantile(CLAIM_CONFIDENCE)
    shares = {}
    for place, name in enumerate(names):
        share = float(losses[place]) / gain
        direction = np.zeros(len(sets))
        direction[place] += 1.0
        direction[-1] -= share
        margin = quantile * sqrt(max(float(direction @ covariance @ direction), 0.0)) / gain
        shares[name] = Share(value=share, low=share - margin, high=share + margin)
    return shares
