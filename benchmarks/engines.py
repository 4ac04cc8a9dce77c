"""How fast networks learn together, by each engine of `trainer.engine`, on this device.

    python benchmarks/engines.py [--device cpu] [--base-width 8] [--image-size 32]
        [--batch-size 8] [--precision float32] [--networks 1 2 4 8]

A step of K networks of the built-in kind with loss, optimizer and averages, in turns: the median of
its times in the loop, and of how many times as fast the other engines are. On a processor with one
thread. And how many operators a step of one network takes: on a GPU each launches a kernel or more,
and where networks are small, launching is what takes the time.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import torch
from figures import device_name
from small_study import small_study
from throughput import bench_of, wait_for
from torch.utils._python_dispatch import TorchDispatchMode

from tuner.results import Trial
from tuner.spec.trainer import Engine, Precision
from tuner.training.batch_cache import BatchCache
from tuner.training.context import TrainingContext
from tuner.training.groups import GROUPINGS, Group
from tuner.training.learner import Learner

TURNS, WARM_UP = 9, 2


def main() -> None:
    """Prints a row for each number of networks."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", default="cpu")
    options.add_argument("--base-width", type=int, default=8)
    options.add_argument("--image-size", type=int, default=32)
    options.add_argument("--batch-size", type=int, default=8)
    options.add_argument("--precision", choices=get_args(Precision), default="float32")
    options.add_argument("--networks", type=int, nargs="+", default=[1, 2, 4, 8])
    asked = options.parse_args()
    torch.set_num_threads(1)
    spec = small_study(
        {
            "data.image_size": asked.image_size,
            "trainer.model_args.base_width": asked.base_width,
            "trainer.batch_size": asked.batch_size,
            "trainer.start_from": "scratch",
            "trainer.device": asked.device,
            "trainer.precision": asked.precision,
            "trainer.engine": "loop",
        }
    )
    print(device_name(asked.device))
    engines = get_args(Engine)
    print(f"{'':>8} {'a step, ms':>11} {'times as fast':^19} {'operators a network':^29}")
    names = (f"{engine:>9}" for engine in (*engines[1:], *engines))
    print(f"{'networks':>8} {'loop':>11}", *names)
    with tempfile.TemporaryDirectory() as home:
        context = bench_of(spec, Path(home))
        for number in asked.networks:
            ways = [Way(context, engine, number) for engine in engines]
            turns = [[way.seconds() for way in ways] for _ in range(WARM_UP + TURNS)][WARM_UP:]
            loop = statistics.median(turn[0] for turn in turns)
            ratios = zip(*([turn[0] / other for other in turn[1:]] for turn in turns), strict=True)
            faster = (f"{statistics.median(each):>9.2f}" for each in ratios)
            operators = (f"{way.operators() / number:>9.0f}" for way in ways)
            print(f"{number:>8} {loop * 1000:>11.1f}", *faster, *operators)


class Way:
    """Networks that learn by one engine, from the same batch again and again."""

    def __init__(self, context: TrainingContext, engine: Engine, number: int) -> None:
        trials = [
            Trial(
                weights=context.warm_starts.weights,
                seed=1,
                steps=100,
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

    def seconds(self) -> float:
        """Of a step of all networks."""
        began = time.perf_counter()
        self._step()
        wait_for(self._device)
        return time.perf_counter() - began

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
