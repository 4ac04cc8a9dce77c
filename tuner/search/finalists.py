"""The long run of a few sets of weights, where short trainings may not speak for long ones.

The best sets are trained as long as the claim, on seeds that are used for nothing else, and one of
them goes into the claim. The claim's seeds have no part in that choice, so the claim needs no
correction for how many were chosen from (sample splitting; D. Cox, "A note on data-splitting for
the evaluation of significance levels", Biometrika 62, 1975).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt

import numpy as np

from tuner.results import Finalist, Trial, TrialResult
from tuner.results.statistics import scores_by_seed, weights_key
from tuner.search.ablation import moved
from tuner.search.context import SearchContext, reliable
from tuner.search.result_cache import ResultCache
from tuner.search.scale import Point
from tuner.search.surface import Surface, points_of

APART = 0.3
"""By so much, in e-folds, one weight of two finalists differs at least: nearer ones are alike."""

Weights = Mapping[str, float]


def run_finalists(
    incumbent: Weights, context: SearchContext, seen: ResultCache
) -> tuple[Finalist, ...]:
    """Trains the finalists, and chooses one of them.

    Returns:
        The finalists, the incumbent first; none where there is no second one.
    """
    plan = context.plan
    chosen = list(finalists(incumbent, context, seen.results))
    if len(chosen) == 1:
        return ()
    asked = [
        Trial(weights=dict(weights), seed=seed, steps=plan.confirm_steps, role="finalist")
        for weights in chosen
        for seed in plan.finalist_seeds
    ]
    results, each = seen.train(asked), len(plan.finalist_seeds)
    trained = [results[start : start + each] for start in range(0, len(results), each)]
    noise = seen.noise(steps=plan.confirm_steps)
    error = noise.sd * sqrt(2 / each) if noise and noise.paired else 0.0
    means = [_mean(side) for side in trained]
    place = _first_of_the_best(means, error)
    return tuple(
        Finalist(weights=dict(weights), score=mean, chosen=number == place)
        for number, (weights, mean) in enumerate(zip(chosen, means, strict=True))
    )


def finalists(
    incumbent: Weights, context: SearchContext, known: Sequence[TrialResult]
) -> Iterator[Weights]:
    """The incumbent, and the tried weights that the surface expects to be the next best.

    Weights that the incumbent leaves at their start stay there: what moving them carried could not
    be told from noise.
    """
    yield incumbent
    surface = context.surface()
    if surface is None:
        return
    names, start = moved(incumbent, context), context.plan.weights
    tried = {weights_key(start): start}
    for weights in _successful(known):
        if context.broken(weights):
            continue
        kept = {n: value if n in names else start[n] for n, value in weights.items()}
        tried.setdefault(weights_key(kept), kept)
    taken = [context.scale.point(start), context.scale.point(incumbent)]
    for weights in _by_height(list(tried.values()), surface, context):
        there = context.scale.point(weights)
        if len(taken) > context.plan.candidates or weights_key(weights) == weights_key(start):
            return
        if all(_apart(there, other) for other in taken):
            taken.append(there)
            yield weights


def _by_height(tried: Sequence[Weights], surface: Surface, context: SearchContext) -> list[Weights]:
    heights = surface.heights(points_of(tried, context.scale))
    return [tried[place] for place in np.argsort(heights, kind="stable")]


def _successful(known: Sequence[TrialResult]) -> Iterator[Weights]:
    """Weights without a diverged or rejected training; what left early counts as neither."""
    by_weights: dict[object, list[TrialResult]] = {}
    for result in known:
        by_weights.setdefault(weights_key(result.trial.weights), []).append(result)
    for results in by_weights.values():
        if reliable(results):
            yield results[0].trial.weights


def _apart(first: Point, second: Point) -> bool:
    return bool(np.abs(first - second).max() >= APART)


def _mean(results: Sequence[TrialResult]) -> float | None:
    """The mean score; None where a training failed."""
    if not reliable(results):
        return None
    return float(np.mean(list(scores_by_seed(results).values())))


def _first_of_the_best(means: Sequence[float | None], error: float) -> int:
    """The first place within one standard error of the best, so that luck changes nothing."""
    known = [mean for mean in means if mean is not None]
    return next(
        (n for n, mean in enumerate(means) if mean is not None and mean <= min(known) + error), 0
    )


def chosen_of(found: Sequence[Finalist], incumbent: Weights) -> Weights:
    """The weights that go into the claim."""
    return next((one.weights for one in found if one.chosen), incumbent)
