"""What stands against an engine for the networks of a study, before anything is timed."""

from __future__ import annotations

from tuner.spec.trainer import Engine
from tuner.training.context import TrainingContext


def obstacle(engine: Engine, context: TrainingContext) -> str:
    """Why an engine cannot train these networks; empty where no reason is known."""
    if engine == "loop":
        return ""
    if engine == "graphed" and context.device.type != "cuda":
        return "their device is not CUDA"
    if context.recipe.loss is not None:
        return "their loss is your own"
    if context.recipe.draws:
        return "they draw random numbers as they learn"
    return _obstacle_to_stacking(context) if engine == "stacked" else ""


def _obstacle_to_stacking(context: TrainingContext) -> str:
    if context.trainer.precision != "float32":
        return "autocast to 16 bits has no effect on them"
    if any(True for _ in context.recipe.network.build(0).buffers()):
        return "they have buffers, as batch norm has for its statistics"
    return ""
