"""Checks whether a trainer obeys the weights: changing one weight must change the result.

This works with every trainer: a `Probe` is a function that trains briefly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tuner.checking.result import CheckResult
from tuner.wording import listed

SUBJECT = "trainer"
FACTOR = 10.0
FROM_ZERO = 1.0
BEYOND_CHANCE = 3.0
"""A change counts if it is this many times the difference of two trainings with equal weights."""

Fingerprint = NDArray[np.float64]
"""The result of a training, always of the same shape: predictions, or scores."""

Probe = Callable[[Mapping[str, float]], Fingerprint]
"""Trains briefly with some weights, always from the same seed, and returns the result."""


class Change(NamedTuple):
    """A weight at another value than it has."""

    weight: str
    before: float
    after: float


@dataclass(frozen=True)
class Obedience:
    """The effect of changing one weight.

    Attributes:
        before: The weight's value.
        after: The value that was tried instead.
        moved: Largest difference of the results; infinite where the training diverged.
        scatter: Largest difference of the results of two trainings with equal weights.
    """

    weight: str
    before: float
    after: float
    moved: float
    scatter: float

    @property
    def verdict(self) -> Literal["obeys", "dead", "unclear"]:
        """`unclear` where trainings with equal weights differ as much."""
        if self.moved == 0:
            return "dead"
        return "obeys" if self.moved > BEYOND_CHANCE * self.scatter else "unclear"


def changes_of(weights: Mapping[str, float]) -> list[Change]:
    """Every weight at ten times its value, or at 1 where it is 0."""
    return [Change(name, value, FACTOR * value if value else FROM_ZERO)
            for name, value in weights.items()]  # fmt: skip


def obeys(weights: Mapping[str, float], probe: Probe) -> Iterator[Obedience]:
    """Tries every weight at another value, one after the other."""
    usual = probe(weights)
    scatter = distance(usual, probe(weights))
    for one in changes_of(weights):
        moved = distance(usual, probe({**weights, one.weight: one.after}))
        yield Obedience(*one, moved, scatter)


def judge(tried: Sequence[Obedience], after: str) -> Iterator[CheckResult]:
    """The findings on the tried weights.

    Args:
        after: The length of the trainings, such as `after 3 steps`.
    """
    for one in tried:
        if one.verdict == "dead":
            yield CheckResult(
                SUBJECT,
                "red",
                f"'{one.weight}' changes nothing: {after} the results are the same at "
                f"{one.before:g} and at {one.after:g}",
                "a dead knob: look whether the trainer reads it, or take it out of the study",
            )
        elif one.verdict == "unclear":
            yield CheckResult(
                SUBJECT,
                "amber",
                f"whether '{one.weight}' does anything cannot be told {after}: {one.before:g} and "
                f"{one.after:g} differ by {one.moved:.2g}, equal trainings by {one.scatter:.2g}",
                "make the trainer repeat itself for the same seed (python -m tuner.seeded gives a "
                "script one that has none), or probe it with more steps",
            )
    obedient = [one for one in tried if one.verdict == "obeys"]
    if obedient:
        least = min(obedient, key=lambda one: one.moved)
        yield CheckResult(
            SUBJECT,
            "green",
            f"obeys {listed(one.weight for one in obedient)}: another value of any of them changes "
            f"the results {after} (least of all '{least.weight}', by {least.moved:.2g})",
        )


def distance(first: Fingerprint, second: Fingerprint) -> float:
    """The largest difference of two results; infinite where one of them is not finite."""
    assert first.shape == second.shape, "a probe always returns the same kind of result"
    moved = float(np.max(np.abs(first - second), initial=0.0))
    return moved if math.isfinite(moved) else math.inf
