"""What trainings compute on: the device of a study, and how many cores of the processor."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from tuner.errors import TrainerError

DEVICES = ("cpu", "cuda", "mps")


def choose_device(asked: str) -> torch.device:
    """The device that the study asks for; `auto` takes the best there is.

    Raises:
        TrainerError: There is no such device.
    """
    if asked == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(asked)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise _no_device(asked, str(error).splitlines()[0]) from error
    if device.type not in DEVICES:
        raise _no_device(asked, "nothing can be trained there")
    return device


def cores() -> int:
    """Cores that this process may use, which on a shared machine are not all there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def on_one_core() -> Iterator[None]:
    """Lets torch compute on one core: sums then do not depend on the number of cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _no_device(asked: str, reason: str) -> TrainerError:
    return TrainerError(
        f"trainer.device: '{asked}' cannot be used on this machine "
        f"({reason}; allowed: auto, cpu, cuda, cuda:N, mps)"
    )
