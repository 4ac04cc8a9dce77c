"""Chooses the engine that computes a stage: the one that the study names, or the fastest here.

On a CPU nothing is tried: the other engines gain little there (`benchmarks/engines.py`), and only
in the loop a network's numbers are the same to the last bit, alone or with others.
"""

from __future__ import annotations

from collections.abc import Mapping

from tuner.errors import TrainerError
from tuner.spec.trainer import Engine
from tuner.training.context import TrainingContext
from tuner.training.engine_obstacle import obstacle
from tuner.training.engine_timing import fastest_engine, mismatch_with_loop
from tuner.training.groups import GROUPINGS
from tuner.training.recipe import BUILTIN_MODEL

FACT = "engine"


def choose_engine(
    context: TrainingContext, weights: Mapping[str, float], earlier: Mapping[str, str]
) -> tuple[Engine, str]:
    """The engine, and the remark to record with it, which begins with its name.

    Args:
        weights: Of the loss, for the networks that are tried.
        earlier: Facts of an earlier run of the study; its choice on a GPU is kept.

    Raises:
        TrainerError: The study names an engine that cannot train its networks.
    """
    named = context.trainer.engine
    if named != "auto":
        _require(named, context, weights)
        return named, named
    if context.device.type != "cuda":
        return "loop", "loop"
    before = _before(earlier)
    for engine in GROUPINGS:
        if before.startswith(engine):
            return engine, before
    return fastest_engine(context, weights)


def _before(earlier: Mapping[str, str]) -> str:
    """The choice of an earlier run on a GPU; empty where there was none."""
    if not earlier.get("device", "").startswith("cuda"):
        return ""
    return earlier.get(FACT, "loop")  # before engines were recorded there was only the loop


def _require(engine: Engine, context: TrainingContext, weights: Mapping[str, float]) -> None:
    reason = obstacle(engine, context)
    own = context.trainer.model != BUILTIN_MODEL
    if not reason and (engine == "graphed" or (engine == "stacked" and own)):
        reason = mismatch_with_loop(engine, context, weights)
    if reason:
        raise TrainerError(
            f"trainer.engine: these networks cannot be {engine} ({reason}); say loop, or auto"
        )
