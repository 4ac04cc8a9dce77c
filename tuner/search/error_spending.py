"""How often a claim may be looked at: each look spends a part of the error that it may make.

A claim that is looked at after 5, 10 and 15 seeds, with an interval of 95 % each time, is wrong
more often than one time in 20. So each look has a level of its own, such that all of them together
are wrong that seldom: the error is spent look by look (Lan and DeMets, *Discrete sequential
boundaries for clinical trials*, Biometrika 70, 1983; Jennison and Turnbull, *Group Sequential
Methods*, 2000, chapters 7 and 9). The boundaries follow from the joint normal distribution of the
looks, by recursive integration (Armitage, McPherson and Rowe, 1969); Student's quantiles are then
taken at their levels (Jennison and Turnbull, section 3.8). The intervals are those called
repeated: all of them hold the true gain at once with the coverage that is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from tuner.results import Noise
from tuner.results.statistics import CLAIM_CONFIDENCE, visible_gain

Array = NDArray[np.float64]

PLANNED = 0.8
"""Share of the error that the planned looks spend, in proportion to their seeds; each extension
spends half of what is left. So one may go on without end, and the first look pays little for it."""

FARTHEST = 8.0
"""Standard errors up to which the distribution of a look is integrated."""

POINTS = 1601


def level_of_a_look(planned: int, looks: tuple[int, ...], extensions: int) -> float:
    """The two-sided error of the latest look, with which all looks together keep the claim's.

    Args:
        planned: Seeds of the planned claim.
        looks: Seeds known at each look so far, ascending.
        extensions: How many of the looks were added to the plan.
    """
    begun = looks[: len(looks) - extensions]
    spent = spend(planned, begun, extensions, 1 - CLAIM_CONFIDENCE)
    if extensions:
        # How many seeds are added may be chosen after a look, so that nothing is made of how much
        # this look has in common with those before.
        return spent[-1] - spent[-2]
    return nominal_levels(looks, spent)[-1]


def level_of_the_upper_end(looks: tuple[int, ...], extensions: int) -> float:
    """Twice the error of the upper end of a search's claim at its latest look.

    A search looks again only where the first seeds speak for the weights. So what would show them
    to be worse is spent at the first look, as if that were the only one, and a second look draws
    on what is left, as an extension does: a harm bound (Jennison and Turnbull, section 5.1).

    Args:
        looks: Seeds known at each look so far, ascending.
        extensions: How many of the looks were added to the plan.
    """
    spent = spend(looks[0], looks[:1], len(looks) - 1, 1 - CLAIM_CONFIDENCE)
    return spent[-1] - spent[-2] if extensions else nominal_levels(looks, spent)[-1]


def level_of_a_part(before: Sequence[tuple[int, bool]], extensions: int, drawn: int = 0) -> float:
    """The two-sided error of the claim of a study that went on, on seeds of its own.

    Each part draws on the error that those before have left, as an extension does. The error of a
    claim that was confirmed, or not made as nothing was found, is handed on to the next part (the
    fallback procedure; Wiens, *A fixed sequence Bonferroni procedure*, 2003). So going on from a
    confirmed claim costs little, and trying again until something is confirmed costs most. All
    claims of a study together are falsely confirmed at most as often as a single one.

    Args:
        before: Of each part before, how often its claim was looked at, and whether its error is
            handed on.
        extensions: How often seeds were added to this claim.
        drawn: How many planned looks drew on what the first one left.
    """
    error = 1 - CLAIM_CONFIDENCE
    looks, handed_on = drawn, 0.0
    for number, (often, is_handed_on) in enumerate(before):
        first = error * PLANNED if number == 0 else _added(looks) + handed_on
        looks += often - 1 if number == 0 else often
        last = first if often == 1 else _added(looks - 1)
        handed_on = last if is_handed_on else 0.0
    return _added(looks + extensions) + (0.0 if extensions else handed_on)


def _added(number: int) -> float:
    """What the extension with this number spends, counted from 0: half of what is left."""
    return float((1 - CLAIM_CONFIDENCE) * (1 - PLANNED) / 2 ** (number + 1))


def visible_claim(noise: Noise, looks: tuple[int, ...]) -> float:
    """The smallest gain that the last of the planned looks can distinguish from noise.

    Args:
        noise: Noise of a single training.
        looks: Seeds known at each planned look, ascending.
    """
    level = level_of_a_look(looks[-1], looks, 0)
    return visible_gain(noise, looks[-1], 1 - level)


def spend(planned: int, looks: Sequence[int], extensions: int, error: float) -> tuple[float, ...]:
    """How much of the error is spent after each look.

    Args:
        planned: Seeds of the planned claim.
        looks: Seeds after which it was looked at as planned, ascending.
        extensions: How often seeds were added after that.
        error: Of all looks together, such as 0.05.

    Returns:
        One number for each look and extension, ascending, each below `error`.
    """
    begun = [error * PLANNED * seeds / planned for seeds in looks]
    added = [error * (1 - (1 - PLANNED) / 2 ** (number + 1)) for number in range(extensions)]
    return (*begun, *added)


@lru_cache(maxsize=256)
def nominal_levels(seeds: tuple[int, ...], spent: tuple[float, ...]) -> tuple[float, ...]:
    """The two-sided error of each look by itself that spends the error as asked.

    Args:
        seeds: Seeds known at each look, ascending.
        spent: Error spent after each look, ascending, in (0, 1).
    """
    step = 2 * FARTHEST / (POINTS - 1)
    grid = np.linspace(-FARTHEST, FARTHEST, POINTS)
    bounds = [-float(ndtri(spent[0] / 2))]
    density = _normal(grid)
    for before, now, newly in zip(seeds, seeds[1:], np.diff(spent), strict=False):
        inside = np.where(np.abs(grid) < bounds[-1], density, 0.0)
        kept = sqrt(before / now)
        moved = sqrt(1 - kept**2)
        density = _normal((grid[:, None] - kept * grid) / moved) / moved @ inside * step
        beyond = (np.cumsum(density[::-1])[::-1] - density / 2) * step
        upper = grid > 0
        bounds.append(float(np.interp(-newly / 2, -beyond[upper], grid[upper])))
    return tuple(2 * float(ndtr(-bound)) for bound in bounds)


def _normal(at: Array) -> Array:
    """The standard normal density."""
    density: Array = np.exp(-0.5 * at**2) / np.sqrt(2 * np.pi)
    return density
