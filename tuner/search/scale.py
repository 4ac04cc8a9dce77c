"""Weights as points: weights act as factors on a loss, so coordinates are logarithms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.spec.base import tidy
from tuner.spec.plan import Plan

Point = NDArray[np.float64]
"""(d,) coordinates of the varied weights; 0 is the start, 1 is e times as much."""

DIGITS = 2
"""Significant digits of a proposed weight; differences below 5 % are never visible."""


@dataclass(frozen=True)
class Scale:
    """Coordinates of the weights that a study varies, or in which two sets differ.

    Attributes:
        names: The varied weights, in the order of their first stage.
        start: All start weights.
        floors: Added to a weight before the logarithm is taken; above 0 where it may be 0.
    """

    names: tuple[str, ...]
    start: Mapping[str, float]
    floors: Mapping[str, float]

    @classmethod
    def of_plan(cls, plan: Plan) -> Scale:
        """The scale of a plan."""
        varied = [stage.varied for stage in plan.all_stages]
        if plan.challenger is not None:
            other = plan.challenger.weights
            varied = [name for name, value in plan.weights.items() if value != other[name]]
        names = tuple(dict.fromkeys(varied))
        return cls(names, dict(plan.weights), {name: _floor(plan, name) for name in names})

    def point(self, weights: Mapping[str, float]) -> Point:
        """The point of some weights."""
        return np.array([self.coordinate(name, weights[name]) for name in self.names])

    def coordinate(self, name: str, value: float) -> float:
        """The coordinate of one value of one weight."""
        floor = self.floors[name]
        return float(np.log((value + floor) / (self.start[name] + floor)))

    def value(self, name: str, coordinate: float) -> float:
        """The weight at a coordinate, the inverse of `coordinate`."""
        floor = self.floors[name]
        return max(0.0, tidy((self.start[name] + floor) * float(np.exp(coordinate)) - floor))

    def weights(self, point: Point) -> dict[str, float]:
        """All weights at a point, rounded."""
        moved = {
            name: float(f"{self.value(name, coordinate):.{DIGITS}g}")
            for name, coordinate in zip(self.names, point, strict=True)
        }
        return {**self.start, **moved}


def _floor(plan: Plan, name: str) -> float:
    """Half of the lowest value above 0 in the stages where the weight can be 0; else 0."""
    low, high = plan.bounds[name]
    if low > 0 and plan.weights[name] > 0:
        return 0.0
    named = [plan.weights[name], high]
    for stage in plan.all_stages:
        if stage.varied == name:
            named += stage.candidates(plan.weights[name])
    return min(value for value in named if value > 0) / 2
