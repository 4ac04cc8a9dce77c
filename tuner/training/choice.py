"""Which engine computes a stage: the one that the study names, or the fastest that can be had.

On a processor nothing is tried: the others win little there (`benchmarks/engines.py`), and only
in the loop are a network's numbers the same to the last bit whatever its company.
"""

from __future__ import annotations

from collections.abc import Mapping

from tuner.errors import TrainerError
from tuner.study import Engine
from tuner.training.bench import Bench
from tuner.training.fastest import fastest_engine, try_engine
from tuner.training.grouping import GROUPINGS, obstacle
from tuner.training.kit import BUILTIN_MODEL

FACT = "engine"


def choose_engine(
    bench: Bench, weights: Mapping[str, float], earlier: Mapping[str, str]
) -> tuple[Engine, str]:
    """The engine, and what is to be recorded of the choice: begins with its name.

    Args:
        weights: Of the loss, for the networks that are tried.
        earlier: Facts of an earlier run of the study, whose choice stays.

    Raises:
        TrainerError: The study names an engine that its networks cannot have.
    """
    named, before = bench.trainer.engine, earlier.get(FACT, "")
    if named != "auto":
        _require(named, bench, weights)
        return named, named
    for engine in GROUPINGS:
        if before.startswith(engine):
            return engine, before
    if bench.device.type != "cuda":
        return "loop", "loop"
    return fastest_engine(bench, weights)


def _require(engine: Engine, bench: Bench, weights: Mapping[str, float]) -> None:
    reason = obstacle(engine, bench.kit)
    if not reason and engine == "stacked" and bench.trainer.model != BUILTIN_MODEL:
        try:
            try_engine(engine, bench, weights)
        except (RuntimeError, TrainerError) as error:
            reason = str(error).splitlines()[0]
    if reason:
        raise TrainerError(
            f"trainer.engine: these networks cannot be {engine} ({reason}); say loop, or auto"
        )
