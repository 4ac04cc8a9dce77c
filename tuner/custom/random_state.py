"""Torch's own generator, for code that cannot be handed one.

All threads share it: two networks that draw from it at the same time would draw from each
other's seeds, and a result would depend on its company.
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
    """The generator at a seed for one thread at a time, and afterwards as it was before."""
    devices = [device] if device.type == "cuda" else []
    with _alone, torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def position(device: torch.device = CPU) -> Tensor:
    """Where the generator is; another position after something was drawn."""
    states = [torch.random.get_rng_state()]
    if device.type == "cuda":
        states.append(torch.cuda.get_rng_state(device))
    return torch.cat(states)
