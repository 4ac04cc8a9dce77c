"""Controls torch's global generator, for code that takes no generator.

All threads share it: two networks that draw from it at the same time would take each other's
numbers, and a result would depend on other trials.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import torch
from torch import Tensor

CPU = torch.device("cpu")
_alone = Lock()


@contextmanager
def seeded(seed: int, device: torch.device = CPU) -> Iterator[None]:
    """Seeds the generator for one thread at a time, and restores it afterwards."""
    devices = [device] if device.type == "cuda" else []
    with _alone, torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def position(device: torch.device = CPU) -> Tensor:
    """The state of the generator; it changes whenever numbers are drawn."""
    states = [torch.random.get_rng_state()]
    if device.type == "cuda":
        states.append(torch.cuda.get_rng_state(device))
    return torch.cat(states)
