"""Trains several networks together: the loss is computed once for all, the device awaited once.

The loss is many small operations; their number does not grow with the number of networks. A
network's numbers differ by rounding from those of a training alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from tuner.color.loss_weights import EXTRA_WEIGHTS, balanced, components_of, weighted_totals
from tuner.data.batches import inner
from tuner.training.batch_cache import BatchCache
from tuner.training.learner import Learner

Predict = Callable[[Sequence[Learner], Sequence[Tensor]], Tensor]
"""RGB (K, B, 3, H, W) by K networks as they are now, of the gray photos (B, 1, H, W) of each."""


def predict_one_by_one(learners: Sequence[Learner], grays: Sequence[Tensor]) -> Tensor:
    """Each network by itself."""
    pairs = zip(learners, grays, strict=True)
    return torch.stack([learner.color(gray) for learner, gray in pairs])


class BatchedLossGroup:
    """Learners that have done the same steps, and do the next ones together.

    Args:
        learners: With the built-in loss, and some weight above 0.
        predict: How their networks compute.

    Attributes:
        learners: The learners that have not diverged.
    """

    def __init__(self, learners: Sequence[Learner], predict: Predict) -> None:
        self._predict = predict
        self._gather(learners)

    def step(self, batch_cache: BatchCache) -> None:
        """Trains each on its batch; learners of one seed have the same batch."""
        seeds, done = [learner.trial.seed for learner in self.learners], self.learners[0].done
        taken = {seed: batch_cache.take(seed, done) for seed in dict.fromkeys(seeds)}
        batches, targets = zip(*(taken[seed] for seed in seeds), strict=True)
        with self.learners[0].precision():
            colored = self._predict(self.learners, [batch.gray for batch in batches])
        predictions = inner(colored, batches[0].rgb.shape[-1]).float()
        components = batch_cache.terms.compare_each(
            predictions, targets, self._shares, detached=self._unused, extra=self._extra
        )
        parts = torch.stack([components[name] for name in self._used], dim=1)
        totals = weighted_totals(parts, self._weights)
        for learner in self.learners:
            learner.forget_gradient()
        totals.sum().backward()  # type: ignore[no-untyped-call]  # torch ships no type for it
        gradient_norm = torch.stack([learner.clip() for learner in self.learners])
        rows = torch.column_stack(
            (gradient_norm, totals, parts)
        ).tolist()  # one wait for the device
        for learner, (length, total, *values) in zip(self.learners, rows, strict=True):
            named = dict(zip(self._used, values, strict=True))
            own = components_of(learner.trial.weights)  # others may have further ones
            learner.apply_gradient(length, total, {name: named[name] for name in own})
        if any(learner.problem for learner in self.learners):
            self._gather([learner for learner in self.learners if not learner.problem])

    def _gather(self, learners: Sequence[Learner]) -> None:
        """Puts the weights of all learners into tensors, once: each transfer waits for the GPU."""
        self.learners = list(learners)
        if not learners:
            return
        asked = [learner.trial.weights for learner in learners]
        self._used = components_of(*asked)
        self._extra = [name for name in self._used if name in EXTRA_WEIGHTS]
        weights = [[one.get(name, 0.0) for name in self._used.values()] for one in asked]
        shares = [balanced(one.get("a_weight", 1.0), one.get("b_weight", 1.0)) for one in asked]
        device = next(learners[0].model.parameters()).device
        self._weights = torch.tensor(weights, device=device)
        self._shares = torch.tensor(shares, device=device)
        columns = zip(self._used, zip(*weights, strict=True), strict=True)
        self._unused = [name for name, column in columns if not any(column)]
