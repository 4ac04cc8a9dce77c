"""Fewest changes: each moved weight is set back to its start unless that loses score.

The evidence for each moved weight is a likelihood ratio on the surface (see `Surface.evidence`).
Where it is not clear, more is trained: on each deciding seed, the weights themselves and up to
three sets in which two thirds of the doubtful weights are at their start. Each doubtful weight is
judged by all of these trainings, not only by the one or two without it (a screening design;
Plackett and Burman, *The Design of Optimum Multifactorial Experiments*, 1946). Then weights are
set back one by one, the one with the least evidence first, until the next one would lose more than
the noise: backward elimination, as in the ablation of configurations (Fawcett and
Hoos, *Analysing Differences between Algorithm Configurations through Ablation*, 2016) and the
pruning of changes in Bayesian optimization (BONSAI, arXiv 2602.07144).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np

from tuner.results import Trial
from tuner.search.context import SearchContext, TrialFactory
from tuner.search.surface import Surface, points_of
from tuner.spec.plan import ABLATIONS_A_SEED

CLEAR = 2.0
"""Smallest evidence for a weight that matters: a likelihood ratio of 7."""

OBVIOUS = 4.0
"""Smallest evidence that needs no further training: a likelihood ratio of 55."""

DEAR = 0.3
"""A loss counts if it is this many standard deviations above 0, for all set back together."""

Names = tuple[str, ...]


def set_back(
    number: int, incumbent: Mapping[str, float], context: SearchContext
) -> dict[str, float]:
    """The incumbent, with every weight at its start that does not have to be moved.

    Args:
        number: The number of the stage of these trainings.
        incumbent: The best weights of all.
    """
    _train_doubtful(TrialFactory(context.plan, number, None), incumbent, context)
    surface = context.surface()
    gone: Names = ()
    if surface is None:
        return dict(incumbent)
    while (name := _least_clear(surface, incumbent, gone, context)) is not None:
        gone = (*gone, name)
    while (name := _cheapest(surface, incumbent, gone, context)) is not None:
        gone = (*gone, name)
    return back(incumbent, gone, context)


def moved(weights: Mapping[str, float], context: SearchContext) -> Names:
    """The weights that are not at their start."""
    return tuple(n for n in context.scale.names if weights[n] != context.plan.weights[n])


def back(
    weights: Mapping[str, float], names: Sequence[str], context: SearchContext
) -> dict[str, float]:
    """The weights with some of them at their start."""
    return {**weights, **{name: context.plan.weights[name] for name in names}}


def evidence(surface: Surface, names: Sequence[str], context: SearchContext) -> float:
    """The evidence that weights matter; 0 for no weights."""
    return _evidence(surface, tuple(sorted(context.scale.names.index(name) for name in names)))


@lru_cache(maxsize=512)
def _evidence(surface: Surface, axes: tuple[int, ...]) -> float:
    """As `evidence`; cached, because every replay computes it again."""
    return surface.evidence(axes)


def _train_doubtful(
    factory: TrialFactory, incumbent: Mapping[str, float], context: SearchContext
) -> None:
    """Trains on one deciding seed after the other, as long as a weight is doubtful."""
    for turn, seed in enumerate(context.plan.decide_seeds):
        surface = context.surface()
        if surface is None:
            return
        clear = {name: evidence(surface, [name], context) for name in moved(incumbent, context)}
        doubtful = [name for name, amount in clear.items() if amount < OBVIOUS]
        asked = [
            incumbent,
            *(back(incumbent, names, context) for names in screening(doubtful, turn)),
        ]
        if doubtful:
            context.train([[_ablation(factory, weights, seed)] for weights in asked])


def _ablation(factory: TrialFactory, weights: Mapping[str, float], seed: int) -> Trial:
    return factory.trial(weights, seed, "ablation")


def screening(names: Sequence[str], turn: int) -> Iterator[Names]:
    """Sets of weights that are set back together, each without another third of them.

    Three weights give half of a full factorial design. The thirds change with the turn, so that no
    two of many weights are always set back together.
    """
    thirds = [(place + turn * (place // ABLATIONS_A_SEED + 1)) for place in range(len(names))]
    sets = (
        tuple(n for n, third in zip(names, thirds, strict=True) if third % ABLATIONS_A_SEED != kept)
        for kept in range(ABLATIONS_A_SEED)
    )
    return iter(dict.fromkeys(each for each in sets if each))


def _least_clear(
    surface: Surface, incumbent: Mapping[str, float], gone: Names, context: SearchContext
) -> str | None:
    """The moved weight with the least evidence, where that is not clear."""
    unclear = {
        name: evidence(surface, [*gone, name], context)
        for name in moved(back(incumbent, gone, context), context)
        if evidence(surface, [name], context) < CLEAR
    }
    least = min(unclear, key=lambda name: unclear[name], default=None)
    return None if least is None or unclear[least] >= CLEAR else least


def _cheapest(
    surface: Surface, incumbent: Mapping[str, float], gone: Names, context: SearchContext
) -> str | None:
    """The weight with the smallest loss when it is set back, where the whole loss is negligible."""
    left = moved(back(incumbent, gone, context), context)
    if not left:
        return None
    points = points_of([back(incumbent, [*gone, name], context) for name in left], context.scale)
    gains = surface.gains(points, context.scale.point(incumbent))
    losses = -gains.mean - DEAR * gains.sd
    least = int(np.argmin(losses))
    return left[least] if losses[least] <= 0 else None
