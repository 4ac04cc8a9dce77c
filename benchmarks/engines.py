"""How fast networks learn together, by each engine of `trainer.engine`, on this device.

    python benchmarks/engines.py [--device cpu] [--base-width 8] [--image-size 32]
        [--batch-size 8] [--precision float32] [--networks 1 2 4 8] [--json FILE]

A step of K networks of the built-in kind with batch, loss, optimizer and averages, in turns: the
median of its times in the loop, and of how many times as fast the other engines are. On a processor
with one thread. Beside them stand the share of the time that no step can do without (`floor.py`),
and how many operators a step of one network takes: on a GPU each launches a kernel or more, and
where networks are small, launching is what takes the time. What an engine cannot do is told.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import torch
from figures import device_name
from floor import Floor, floor_of
from small_study import add_sizes, study_from_scratch
from throughput import bench_of, wait_for
from torch.utils._python_dispatch import TorchDispatchMode

from tuner.results import Trial
from tuner.spec.trainer import Engine
from tuner.training.batch_cache import BatchCache
from tuner.training.context import TrainingContext
from tuner.training.engine_obstacle import obstacle
from tuner.training.groups import GROUPINGS, Group
from tuner.training.learner import Learner

WARM_UP = 5
"""Steps before any is timed: as many as a graph needs to be recorded, and more."""


def main() -> None:
    """Prints a row for each engine and number of networks."""
    options = argparse.ArgumentParser(description=__doc__)
    add_sizes(options)
    options.add_argument("--networks", type=int, nargs="+", default=[1, 2, 4, 8])
    options.add_argument("--turns", type=int, default=9)
    options.add_argument("--steps", type=int, default=1, help="of each turn")
    options.add_argument("--json", type=Path, help="where to write the figures")
    asked = options.parse_args()
    torch.set_num_threads(1)
    spec = study_from_scratch(asked, {"trainer.engine": "loop"})
    print(f"{device_name(asked.device)}; {asked.image_size} px, base width {asked.base_width}, "
          f"batch {asked.batch_size}, {asked.precision}")  # fmt: skip
    rows = list[Row]()
    with tempfile.TemporaryDirectory() as home:
        context = bench_of(spec, Path(home))
        floor = floor_of(context)
        print(floor)
        print(f"{'networks':>8} {'engine':>8} {'a step, ms':>11} {'times the loop':>15} "
              f"{'of it floor':>12} {'operators a network':>20}")  # fmt: skip
        for number in asked.networks:
            for row in measure(context, number, asked.turns, asked.steps, floor):
                rows.append({"networks": number, **row})
                print(told(rows[-1]), flush=True)
                if asked.json:
                    facts = {"device": device_name(asked.device), "floor": str(floor), "rows": rows}
                    asked.json.write_text(json.dumps(facts, indent=2), encoding="utf-8")


Row = dict[str, Any]


def measure(
    context: TrainingContext, number: int, turns: int, steps: int, floor: Floor
) -> list[Row]:
    """What each engine takes for a step of so many networks, measured in turns."""
    reasons, ways = dict[str, str](), dict[str, Way]()
    for engine in get_args(Engine):
        made = made_ready(context, engine, number)
        if isinstance(made, Way):
            ways[engine] = made
        else:
            reasons[engine] = made
    turn = [{name: way.seconds(steps) for name, way in ways.items()} for _ in range(turns)]
    rows: list[Row] = [{"engine": name, "reason": reason} for name, reason in reasons.items()]
    for name, way in ways.items():
        seconds = statistics.median(one[name] for one in turn)
        rows.append(
            {
                "engine": name,
                "milliseconds": seconds * 1000,
                "times": statistics.median(one["loop"] / one[name] for one in turn),
                "floor": number * floor.seconds / seconds,
                "operators": way.operators() / number,
            }
        )
    return rows


def made_ready(context: TrainingContext, engine: Engine, number: int) -> Way | str:
    """Networks that have done their first steps, or why an engine cannot have them."""
    reason = obstacle(engine, context)
    if reason:
        return reason
    try:
        way = Way(context, engine, number)
        way.seconds(WARM_UP)
    except Exception as error:
        if engine == "loop":
            raise
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return way


def told(row: Row) -> str:
    """A row of the table."""
    start = f"{row['networks']:>8} {row['engine']:>8}"
    if "reason" in row:
        return f"{start} {row['reason']}"
    return (
        f"{start} {row['milliseconds']:>11.2f} {row['times']:>15.2f} {row['floor']:>12.0%} "
        f"{row['operators']:>20.0f}"
    )


class Way:
    """Networks that learn by one engine."""

    def __init__(self, context: TrainingContext, engine: Engine, number: int) -> None:
        trials = [
            Trial(
                weights=context.warm_starts.weights,
                seed=1,
                steps=10_000,
                role="candidate",
                number=each,
            )
            for each in range(number)
        ]
        recipe = context.by(engine).recipe
        learners = [Learner(one, context.trainer, context.device, None, recipe) for one in trials]
        self._groups: Sequence[Group] = GROUPINGS[engine](learners, 1)
        self._device = context.device
        self._batch_cache = BatchCache(context.batches, context.terms, 0)

    def seconds(self, steps: int) -> float:
        """Of a step of all networks, on average over a few."""
        began = time.perf_counter()
        for _ in range(steps):
            self._step()
        wait_for(self._device)
        return (time.perf_counter() - began) / steps

    def operators(self) -> int:
        """Of a step of all networks, but for those that compute nothing."""
        with Counting() as counting:  # type: ignore[no-untyped-call]  # torch ships no type for it
            self._step()
        return int(counting.number)

    def _step(self) -> None:
        for group in self._groups:
            group.step(self._batch_cache)


class Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]  # as above
    """Counts operators that compute something: no views, and no empty room."""

    number: int = 0

    def __torch_dispatch__(
        self,
        operator: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Counts an operator, and has it do its work."""
        idle = operator.name().startswith(("aten::empty", "aten::new_empty", "aten::detach"))
        self.number += not (operator.is_view or idle)
        return operator(*args, **(kwargs or {}))


if __name__ == "__main__":
    main()
