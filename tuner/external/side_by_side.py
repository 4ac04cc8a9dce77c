"""How many trainings of a script fit side by side, and which GPU each of them sees."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import psutil

VISIBLE_GPUS = "CUDA_VISIBLE_DEVICES"
"""The variable of the environment that says which GPUs a process sees."""

GPU_DRIVERS = tuple(map(Path, ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")))
SPARE = 0.5
"""Part of the free memory that is left alone."""


@dataclass
class Usage:
    """What a first training took, alone on the machine.

    Attributes:
        seconds: On the clock.
        cores: How many it kept busy on average.
        memory: Bytes that its largest process had; 0 where that is not known.
    """

    seconds: float = 0.0
    cores: float = 1.0
    memory: int = 0


def fitting(used: Usage, parallel: int) -> int:
    """How many trainings of a kind the processor and the memory hold.

    A GPU's memory cannot be looked into, so there it is as many as the study says.

    Args:
        parallel: As many as the study runs anyway.
    """
    if any(driver.exists() for driver in GPU_DRIVERS):
        return parallel
    fit = round(_cores() / max(used.cores, 1.0))
    if used.memory:
        fit = min(fit, int(psutil.virtual_memory().available * SPARE / used.memory))
    return max(fit, parallel, 1)


@contextmanager
def measured() -> Iterator[Usage]:
    """Measures the processes that are started and ended inside; nothing else may end meanwhile."""
    used, began, before = Usage(), time.monotonic(), _of_children()
    yield used
    after = _of_children()
    used.seconds = time.monotonic() - began
    used.cores = (after[0] - before[0]) / max(used.seconds, 1e-3)
    used.memory = after[1]


def gpu_places(count: int) -> SimpleQueue[str | None]:
    """The GPU of each training that runs side by side; None where there are none to share out."""
    places: SimpleQueue[str | None] = SimpleQueue()
    visible = visible_gpus() if count > 1 else []
    for number in range(count):
        places.put(visible[number % len(visible)] if visible else None)
    return places


def visible_gpus() -> list[str]:
    """GPUs as CUDA counts them, or as the environment names them, for example under Slurm."""
    named = os.environ.get(VISIBLE_GPUS)
    if named is not None:
        return [one.strip() for one in named.split(",") if one.strip()]
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]


def _of_children() -> tuple[float, int]:
    """Processor seconds of ended children, and bytes of the largest one."""
    if sys.platform == "win32":
        return 0.0, 0
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    return used.ru_utime + used.ru_stime, used.ru_maxrss * unit


def _cores() -> int:
    """As of `tuner.training.device`, which loads torch."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
