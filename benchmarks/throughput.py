"""How many steps of training a second a stage makes, against what one writes today.

    python benchmarks/throughput.py [--stages 1 2 4 8] [--image-size 32] [--base-width 8]
        [--batch-size 8] [--device cuda --precision bfloat16] [--engines loop folded]

The trials of a stage are trained in these ways, in turns, several times over:

    ours        by the tuner, with each engine that is named, or the one that it chooses
    plain       one after the other in a loop with `lpips.LPIPS` and kornia, torch on all cores
    processes   the same loop in as many processes as there are cores, torch on one core in each;
                on a GPU in as many as there are trials

Imports and the preparation of photos are not counted. Printed are the steps a second of all trials
together, and how many times ours are of the others': the median of the turns, and their range.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, Self, get_args

import torch
from figures import device_name, median_and_range
from plain_training import plain_lpips, train
from small_study import add_sizes, study_from_scratch

from tuner.results import Trial
from tuner.spec.study import StudySpec
from tuner.spec.trainer import Engine
from tuner.training.batch_cache import BatchCache
from tuner.training.context import TrainingContext
from tuner.training.device import cores
from tuner.training.learner import Learner
from tuner.training.lockstep import learn_together
from tuner.training.prepare import prepare
from tuner.training.worker_threads import WorkerThreads

WARM_UP_STEPS = 3
PLAIN, PROCESSES = "plain", "processes"


def main() -> None:
    """Measures and prints a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--stages", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    options.add_argument("--steps", type=int, default=24, help="of a trial, in each turn")
    options.add_argument("--turns", type=int, default=5)
    add_sizes(options)
    engines = ("auto", *get_args(Engine))
    options.add_argument("--engines", nargs="+", choices=engines, default=["auto"])
    options.add_argument("--json", type=Path, help="where to write the figures")
    asked = options.parse_args()
    # a net that `lpips.LPIPS` has too
    spec = study_from_scratch(asked, {"trainer.perceptual_trunk": "random"})
    print(device_name(asked.device))
    print(
        f"{asked.image_size} px, base width {asked.base_width}, batch {asked.batch_size}, "
        f"{asked.precision}"
    )
    print(f"{'':>28} {'against':>45}")
    print(f"{'trials':>6} {'engine':>8} {'steps/s':>12} {'a plain loop':>22} {'processes':>22}")
    rows = []
    with tempfile.TemporaryDirectory() as home:
        made = (bench_of(by(engine, spec), Path(home)) for engine in asked.engines)
        benches = [*{context.recipe.engine: context for context in made}.values()]
        for count in asked.stages:
            rates = measure(benches, spec, Path(home), count, asked.steps, asked.turns)
            rows.append({"trials": count, **rates})
            plain, processes = rates[PLAIN], rates[PROCESSES]
            for context in benches:
                ours = rates[context.recipe.engine]
                print(
                    f"{count:>6} {context.recipe.engine:>8} {statistics.median(ours):>12.1f} "
                    f"{ratio(ours, plain):>22} {ratio(ours, processes):>22}"
                )
    if asked.json:
        facts = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "cores": os.cpu_count(), "rows": rows}
        asked.json.write_text(json.dumps(facts, indent=2), encoding="utf-8")


def by(engine: str, spec: StudySpec) -> StudySpec:
    """The study with another engine."""
    trainer = spec.trainer.model_copy(update={"engine": engine})
    return spec.model_copy(update={"trainer": trainer})


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Median and range of a ratio, turn by turn."""
    return median_and_range([mine / other for mine, other in zip(ours, theirs, strict=True)])


def measure(
    benches: Sequence[TrainingContext],
    spec: StudySpec,
    home: Path,
    count: int,
    steps: int,
    turns: int,
) -> Mapping[str, list[float]]:
    """Steps a second of all trials together, in each turn, for each engine and other way."""
    trials = [
        Trial(weights=_moved(spec, number), seed=1, steps=steps, role="candidate", number=number)
        for number in range(count)
    ]
    context = benches[0]
    side_by_side = count if context.device.type == "cuda" else min(count, cores())
    with Processes(spec, home, side_by_side) as processes:
        ways: dict[str, Callable[[Sequence[Trial]], object]] = {
            **{one.recipe.engine: partial(ours, context=one) for one in benches},
            PLAIN: Plain(context).train,
            PROCESSES: processes.train,
        }
        rates: dict[str, list[float]] = {way: [] for way in ways}
        warm_up = [trial.model_copy(update={"steps": WARM_UP_STEPS}) for trial in trials]
        for way in ways.values():
            way(warm_up)
        for _ in range(turns):
            for name, way in ways.items():
                began = time.perf_counter()
                way(trials)
                wait_for(context.device)
                rates[name].append(count * steps / (time.perf_counter() - began))
    return rates


def ours(trials: Sequence[Trial], context: TrainingContext) -> None:
    """Trains all trials together."""
    learners = [
        Learner(trial, context.trainer, context.device, None, context.recipe) for trial in trials
    ]
    batch_cache, engine = BatchCache(context.batches, context.terms, 0), context.recipe.engine
    with WorkerThreads(context.threads) as workers:
        learn_together(
            learners, batch_cache, lambda one: one.trial.steps, workers, lambda _one: None, engine
        )


class Plain:
    """Trains one trial after the other on all cores."""

    def __init__(self, context: TrainingContext) -> None:
        self._context = context
        self._perceptual, self._scale = plain_lpips(context)

    def train(self, trials: Sequence[Trial]) -> None:
        """Trains all trials."""
        torch.set_num_threads(cores())
        for trial in trials:
            train(trial, self._context, self._perceptual, self._scale)
        torch.set_num_threads(1)


class Processes:
    """Processes that train plainly, ready before anything is timed."""

    def __init__(self, spec: StudySpec, home: Path, number: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._begin = context.Barrier(number + 1)
        self._end = context.Barrier(number + 1)
        self._inboxes: list[Any] = [context.SimpleQueue() for _ in range(number)]
        self._processes = [
            context.Process(
                target=work, args=(spec, home, inbox, self._begin, self._end), daemon=True
            )
            for inbox in self._inboxes
        ]

    def __enter__(self) -> Self:
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        for inbox in self._inboxes:
            inbox.put(None)
        self._begin.wait()
        for process in self._processes:
            process.join()

    def train(self, trials: Sequence[Trial]) -> None:
        """Shares the trials out, and waits for the last."""
        for index, inbox in enumerate(self._inboxes):
            inbox.put(list(trials[index :: len(self._inboxes)]))
        self._begin.wait()
        self._end.wait()


def work(spec: StudySpec, home: Path, inbox: Any, begin: Barrier, end: Barrier) -> None:
    """What each process does: its share of the trials, one after the other, on one core."""
    torch.set_num_threads(1)
    context = bench_of(by("loop", spec), home)
    perceptual, scale = plain_lpips(context)
    while True:
        trials = inbox.get()
        begin.wait()
        if trials is None:
            return
        for trial in trials:
            train(trial, context, perceptual, scale)
        wait_for(context.device)
        end.wait()


def wait_for(device: torch.device) -> None:
    """Until a GPU has done what it was asked for."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def bench_of(spec: StudySpec, home: Path) -> TrainingContext:
    """Photos, networks and loss, without listeners."""
    return prepare(
        spec, home / "study", home / "photos", {}, lambda _event: None, lambda *_views: None
    ).context


def _moved(spec: StudySpec, number: int) -> dict[str, float]:
    return {**spec.weights, "ab_weight": spec.weights["ab_weight"] * (1 + number)}


if __name__ == "__main__":
    main()
