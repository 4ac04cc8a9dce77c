"""What networks learn from at each step, computed once for all that learn from it."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from threading import Lock

from tuner.color.loss_terms import LossTerms, TargetSide
from tuner.data.batches import Batch, Batches
from tuner.training.frozen_trunk import FrozenTrunk

SharedBatch = tuple[Batch, TargetSide]
"""A batch, and the target's side of its loss."""

KEPT = 4
"""Steps of a seed whose batches are kept: no network falls further behind; of two groups the slower
one computes its own again."""


class BatchCache:
    """The batches of all steps with the target side of their loss, each computed once.

    Args:
        first_step: Number of the first batch, above 0 where a training goes on.
        trunk: The frozen layers of all networks, where they are the same.
    """

    def __init__(
        self,
        batches: Batches,
        terms: LossTerms,
        first_step: int,
        trunk: FrozenTrunk | None = None,
    ) -> None:
        self.terms = terms
        self._batches = batches
        self._first_step = first_step
        self._trunk = trunk
        self._kept: dict[int, dict[int, Future[SharedBatch]]] = {}
        self._lock = Lock()

    def draw(self, seed: int, step: int) -> Batch:
        """The batch of a step alone, for those who compute the target's side themselves."""
        return self._batches.draw(seed, self._first_step + step)

    def take(self, seed: int, step: int) -> SharedBatch:
        """Batch and targets of a step; waits where another thread is computing them."""
        with self._lock:
            kept = self._kept.setdefault(seed, {})
            mine = step not in kept
            shared_batch = kept.setdefault(step, Future())
            if len(kept) > KEPT:
                kept.pop(min(kept))
            batches = KEPT * len(self._kept)  # of all seeds
        if mine:
            try:
                batch = self.draw(seed, step)
                if self._trunk is not None:
                    batch = replace(batch, features=self._trunk.of_batch(batch.gray, batches))
                shared_batch.set_result((batch, self.terms.observe(batch.rgb)))
            except BaseException as error:
                shared_batch.set_exception(error)
                raise
        return shared_batch.result()
