"""How far a weight may go."""

from __future__ import annotations

from tuner.spec.base import tidy
from tuner.spec.study import StudySpec

REACH = 10.0
"""A weight without bounds may go beyond the values in the study file by this factor."""


def bounds_of(spec: StudySpec, name: str) -> tuple[float, float]:
    """Lowest and highest value of a weight: as asked for, or around the values it is given."""
    if name in spec.bounds:
        low, high = spec.bounds[name]
        return low, high
    start = spec.weights[name]
    named = [start, *([spec.challenger.weights[name]] if spec.challenger else [])]
    for stage in spec.stages:
        if stage.vary == name:
            named += stage.values or ()
            named += [start * factor for factor in stage.times or ()]
            named += [value for value in (stage.min, stage.max) if value is not None]
    positive = [value for value in named if value > 0]
    if not positive:
        return 0.0, 1.0
    low = 0.0 if min(named) == 0 else tidy(min(positive) / REACH)
    return low, tidy(max(positive) * REACH)
