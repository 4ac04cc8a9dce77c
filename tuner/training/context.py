"""What all trials of a study share, and whom they tell what happens to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from tuner.color.loss_terms import LossTerms
from tuner.color.score import Scorer
from tuner.data.batches import Batch, Batches
from tuner.events import Listener
from tuner.results import Trial
from tuner.spec.trainer import Engine, TrainerSpec
from tuner.training.checkpoints import Checkpoints
from tuner.training.recipe import Recipe
from tuner.training.warm_starts import WarmStarts

Keep = Callable[[Trial, Mapping[str, np.ndarray]], None]
"""Is handed what was read off each held-out photo at the end of a trial, as arrays by name."""

Show = Callable[[Trial, int, np.ndarray, np.ndarray, np.ndarray], None]
"""Is handed a trial, its step, and a few held-out photos as gray, prediction and photo, each
(n, H, W, 3) uint8."""


@dataclass(frozen=True)
class TrainingContext:
    """What all trials of a study share.

    Attributes:
        heldout: The held-out photos, never trained on.
        gallery: Which of them are shown.
        checkpoints: Where trainings are kept that are not finished.
        listen: Is told about curves; called from several threads.
        show: Is handed predictions of the held-out photos; called from several threads.
        keep: Is handed what was read off them at the end; called from several threads.
        recipe: Network, loss and engine.
    """

    trainer: TrainerSpec
    batches: Batches
    heldout: Batch
    gallery: Sequence[int]
    terms: LossTerms
    warm_starts: WarmStarts
    checkpoints: Checkpoints
    scorer: Scorer
    device: torch.device
    threads: int
    listen: Listener
    show: Show
    keep: Keep
    recipe: Recipe

    def by(self, engine: Engine) -> TrainingContext:
        """The same, but networks learn by another engine."""
        recipe = replace(self.recipe, engine=engine)
        return replace(self, recipe=recipe, warm_starts=replace(self.warm_starts, recipe=recipe))
