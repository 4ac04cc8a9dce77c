"""What networks learn from at each step, computed once for all that learn from it."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from threading import Lock

from tuner.color.loss_terms import LossTerms
from tuner.data.batches import Batch, Batches
from tuner.training.frozen_trunk import FrozenTrunk
from tuner.training.kept_batches import KeptBatches, SharedBatch

KEPT = 4
"""Steps of a seed whose batches are kept: no network falls further behind; of two groups the slower
one computes its own again."""


class BatchCache:
    """The batches of all steps with the target side of their loss, each computed once.

    Args:
        first_step: Number of the first batch, above 0 where a training goes on.
        trunk: The frozen layers of all networks, where they are the same.
        kept: The batches of earlier rounds, which are used beside a `trunk`.
    """

    def __init__(
        self,
        batches: Batches,
        terms: LossTerms,
        first_step: int,
        trunk: FrozenTrunk | None = None,
        kept: KeptBatches | None = None,
    ) -> None:
        self.terms = terms
        self._batches = batches
        self._first_step = first_step
        self._trunk = trunk
        self._of_earlier_rounds = kept
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
        if mine:
            try:
                shared_batch.set_result(self._kept_or_computed(seed, step))
            except BaseException as error:
                shared_batch.set_exception(error)
                raise
        return shared_batch.result()

    def _kept_or_computed(self, seed: int, step: int) -> SharedBatch:
        earlier = self._of_earlier_rounds
        if self._trunk is None or earlier is None:
            return self._computed(seed, step)
        found = earlier.get(seed, self._first_step + step)
        if found is None:
            found = self._computed(seed, step)
            if found[0].features is not None:
                earlier.keep(seed, self._first_step + step, found)
        return found

    def _computed(self, seed: int, step: int) -> SharedBatch:
        batch = self.draw(seed, step)
        if self._trunk is not None:
            batches = KEPT * len(self._kept)  # of all seeds
            batch = replace(batch, features=self._trunk.of_batch(batch.gray, batches))
        return batch, self.terms.observe(batch.rgb)
