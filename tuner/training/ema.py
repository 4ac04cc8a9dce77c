"""The averaged weights of a network, by which it is scored: they scatter less than the latest."""

from __future__ import annotations

from copy import deepcopy
from itertools import chain

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

AVERAGED_OVER = 0.1
"""Averaged is over about this share of the steps."""


class Ema:
    """An exponential average of a network.

    Torch's `AveragedModel` does the same, and waits for the device at each step to read whether it
    is the first; here the caller knows.

    Args:
        model: The network before its first step.
        steps: Of its training.

    Attributes:
        model: A network with the averaged weights.
    """

    def __init__(self, model: nn.Module, steps: int) -> None:
        horizon = max(1.0, AVERAGED_OVER * steps)
        self.model = deepcopy(model).eval().requires_grad_(requires_grad=False)
        self._move = get_ema_multi_avg_fn(1.0 - 1.0 / horizon)  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def take_in(self, model: nn.Module, done: int) -> None:
        """Averages weights, and with them the statistics that belong to them.

        The mean of batch statistics is near those of the mean network, and costs nothing; those of
        the latest network alone are another network's. Counters and tables of whole numbers have no
        mean, and are taken over.

        Args:
            done: Steps before this one; after the first the average is the network itself.
        """
        averaged = chain(self.model.parameters(), self.model.buffers())
        pairs = [*zip(averaged, chain(model.parameters(), model.buffers()), strict=True)]
        moving = [pair for pair in pairs if done and pair[0].is_floating_point()]
        if moving:
            averages, latest = zip(*moving, strict=True)
            self._move(averages, latest, done)
        for average, own in pairs:
            if not done or not average.is_floating_point():
                average.copy_(own)
