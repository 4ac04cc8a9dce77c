"""Batches that later rounds of a study learn from again, kept within a bound of memory.

A batch is a function of seed and step, and most rounds of a study train its first deciding seed,
the lowest one. So the batches of the lowest seed are kept. That pays where steps are cheap: beside
frozen layers (`benchmarks/frozen_trunk.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

import psutil
from torch import Tensor

from tuner.color.loss_terms import TargetSide
from tuner.data.batches import Batch

SharedBatch = tuple[Batch, TargetSide]
"""A batch, and the target's side of its loss."""

KEPT_AT_MOST = 1 << 28
"""Bytes of all batches that are kept; those of later steps are computed in each round."""

LEFT_FREE = 1 << 30
"""Bytes of the machine's memory that stay free; below, all batches are dropped."""


class KeptBatches:
    """The batches of the lowest seed that was trained; several threads may use them."""

    def __init__(self) -> None:
        self._seed: int | None = None
        self._by_step: dict[int, SharedBatch] = {}
        self._bytes = 0
        self._lock = Lock()

    def get(self, seed: int, step: int) -> SharedBatch | None:
        """The batch of a step; None where it is not kept."""
        with self._lock:
            self._drop_where_memory_is_short()
            return self._by_step.get(step) if seed == self._seed else None

    def keep(self, seed: int, step: int, shared_batch: SharedBatch) -> None:
        """Keeps a batch of the lowest seed where there is room for it."""
        size = sum(tensor.untyped_storage().nbytes() for tensor in _tensors(*shared_batch))
        with self._lock:
            if self._seed is None or seed < self._seed:
                self._drop()
                self._seed = seed
            if seed == self._seed and self._bytes + size <= KEPT_AT_MOST:
                self._by_step[step] = shared_batch
                self._bytes += size
            self._drop_where_memory_is_short()

    def _drop_where_memory_is_short(self) -> None:
        if self._by_step and psutil.virtual_memory().available < LEFT_FREE:
            self._drop()

    def _drop(self) -> None:
        self._by_step.clear()
        self._bytes = 0


def _tensors(batch: Batch, target: TargetSide) -> Iterator[Tensor]:
    parts = (
        batch.rgb, batch.gray, batch.features,
        target.lab, target.chroma, target.rarity, target.colorfulness, *target.embedding,
    )  # fmt: skip
    return (part for part in parts if part is not None)
