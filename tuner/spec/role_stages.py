"""The stages of a shipped study for weights of another loss, by the parts that they play."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from tuner.guide.roles import Role, weight_of
from tuner.spec.base import tidy
from tuner.spec.stage import StageSpec
from tuner.spec.stage_plan import StagePlan
from tuner.spec.study import StudySpec


def role_stages(
    shipped: StudySpec, roles: Mapping[str, Role], weights: Mapping[str, float]
) -> tuple[StageSpec, ...]:
    """The guide's stages with the user's weights, moved by the same factors.

    Args:
        shipped: The study that treats the symptom.
        roles: The part that each weight plays.
        weights: Start values; one of 0 cannot be moved by factors, and has no stage.
    """
    return tuple(
        StageSpec(vary=name, times=factors, because=stage.because)
        for stage in shipped.stages
        for name, role in roles.items()
        if weight_of(role) == stage.vary and weights[name] > 0
        if (factors := tuple(_factors(stage, shipped.weights.get(stage.vary, 1.0))))
    )


def _factors(stage: StageSpec, start: float) -> Iterator[float]:
    """What a stage multiplies its weight by, without 1."""
    for value in StagePlan(1, stage, 0.0, math.inf).candidates(start):
        if value > 0:
            yield tidy(value / start)
