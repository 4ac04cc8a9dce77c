"""Which workers a machine has: one for each GPU, or some on the cores of its processor."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tuner.distributed.supervisor import ProcessSpec, module
from tuner.distributed.worker_process import ProcessOptions
from tuner.errors import TrainerError
from tuner.external.side_by_side import VISIBLE_GPUS, visible_gpus

STORAGE = "TUNER_STORAGE"


def worker_specs(
    options: ProcessOptions, url: str, *, processes: int | None, gpus: str | None
) -> list[ProcessSpec]:
    """The worker processes of this machine.

    Args:
        options: Of every worker.
        url: The storage.
        processes: How many share the CPU; by default one for each GPU, or a single one.
        gpus: `all`, or their numbers with commas between them.

    Raises:
        TrainerError: There are no such GPUs.
    """
    chosen: list[str] = []
    if gpus is not None:
        chosen = _named_gpus(gpus)
    elif processes is None:
        chosen = visible_gpus()
    if chosen:
        return list(_on_gpus(options, url, chosen * (processes or 1)))
    return list(_on_cores(options, url, processes or 1))


def syncer_spec(options: ProcessOptions, url: str) -> ProcessSpec:
    """The process that sends the studies of the storage to MLflow."""
    study = [options.study] if options.study else []
    command = module("tuner.distributed.mlflow_syncer", options.directory, *study)
    return ProcessSpec("sync", command, {STORAGE: url}, serves=False)


def _named_gpus(gpus: str) -> list[str]:
    """The GPUs that are asked for, one or more."""
    there = visible_gpus()
    named = there if gpus == "all" else [gpu.strip() for gpu in gpus.split(",")]
    unknown = [gpu for gpu in named if gpu not in there]
    if unknown or not named:
        what = f"has no GPU {', '.join(unknown)}" if unknown else "has no GPU"
        raise TrainerError(
            f"worker: --gpus {gpus}: this machine {what} (there: {', '.join(there) or 'none'})"
        )
    return named


def _on_gpus(options: ProcessOptions, url: str, gpus: Sequence[str]) -> Iterator[ProcessSpec]:
    for gpu in gpus:
        environment = {STORAGE: url, VISIBLE_GPUS: gpu}
        yield ProcessSpec(f"worker on GPU {gpu}", _command(options), environment)


def _on_cores(options: ProcessOptions, url: str, processes: int) -> Iterator[ProcessSpec]:
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    for number in range(processes):
        mine = cores[number % len(cores) :: processes] if cores else []
        limited = replace(options, cores=mine)
        yield ProcessSpec(f"worker {number + 1} of {processes}", _command(limited), {STORAGE: url})


def _command(options: ProcessOptions) -> list[str]:
    return module("tuner.distributed.worker_process", options.as_argument())
