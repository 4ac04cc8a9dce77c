"""What the frozen layers of a network make of gray photos, computed once for all trials.

Where only the head of the built-in network learns, and all trials start from one file, its other
layers are the same in all trials and at all steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock

import torch
from torch import Tensor

from tuner.training.model import UNet

HEAD = "head"
"""The part that learns alone."""

BATCHES_AT_MOST = 1 << 28
"""Bytes of the features of all batches that are kept at once; beyond it each network computes its
own."""

KEPT_AT_MOST = 1 << 28
"""Bytes of the features of held-out photos that are kept for the whole study."""


class FrozenTrunk:
    """The frozen layers of all networks of a study; several threads may use them.

    Args:
        model: A network of the study, placed as all of them are.
        start: The state that all networks of the study start from.
    """

    def __init__(self, model: UNet, start: Mapping[str, Tensor]) -> None:
        model.load_state_dict(start)
        self._model = model.eval().requires_grad_(requires_grad=False)
        self._kept: dict[int, tuple[Tensor, list[Tensor]]] = {}
        self._bytes = 0
        self._lock = Lock()

    def of_batch(self, gray: Tensor, kept: int = 1) -> Tensor | None:
        """The features of a batch (B, 1, H, W); None where they take too much memory.

        Args:
            kept: How many batches are kept at once, this one included.
        """
        if kept * self._size_of(gray) > BATCHES_AT_MOST:
            return None
        return self._features(gray)

    def of_photos(self, gray: Tensor, parts: Sequence[Tensor]) -> Sequence[Tensor | None]:
        """The features of photos that are predicted again and again; None beyond the memory.

        Args:
            gray: All of them, (B, 1, H, W); the same tensor in each call.
            parts: The same photos, as many at once as are predicted at once.
        """
        with self._lock:  # other threads need the same ones
            if id(gray) not in self._kept:
                if self._bytes + self._size_of(gray) > KEPT_AT_MOST:
                    return [None] * len(parts)
                self._bytes += self._size_of(gray)
                self._kept[id(gray)] = gray, [self._features(part) for part in parts]
            return self._kept[id(gray)][1]

    @torch.no_grad()
    def _features(self, gray: Tensor) -> Tensor:
        return self._model.features(gray)

    def _size_of(self, gray: Tensor) -> int:
        return gray.numel() * self._model.head.in_channels * gray.element_size()
