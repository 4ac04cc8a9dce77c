"""What all trials of a study share, and the callbacks that hear of their progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from tuner.color.loss_terms import LossTerms
from tuner.color.score import PhotoScores, Scorer
from tuner.data.batches import Batches
from tuner.results import Trial
from tuner.results.events import Listener
from tuner.results.progress import Notify, ignore_progress
from tuner.spec.trainer import Engine, TrainerSpec
from tuner.training.checkpoints import Checkpoints
from tuner.training.claim_scorer import ClaimScorer
from tuner.training.heldout_photos import HeldoutPhotos, Views
from tuner.training.kept_batches import KeptBatches
from tuner.training.recipe import Recipe
from tuner.training.warm_starts import WarmStarts

Keep = Callable[[Trial, Mapping[str, np.ndarray]], None]
"""Called at the end of a trial with the measurements of each held-out photo, as arrays by name."""

Show = Callable[[Trial, int, np.ndarray, np.ndarray, np.ndarray], None]
"""Called with a trial, its step, and a few photos as gray, prediction and photo, each
(n, H, W, 3) uint8."""


@dataclass(frozen=True)
class TrainingContext:
    """What all trials of a study share.

    Attributes:
        heldout: The held-out photos, never trained on, and the photos that are shown.
        claim_scorer: Scores single photos at the end of a trial of the claim.
        checkpoints: Keeps unfinished trainings.
        listen: Called with points of curves, from several threads.
        show: Called with predictions of the photos that are shown, from several threads.
        keep: Called at the end with their measurements, from several threads.
        recipe: Network, loss and engine.
        notify: Called with every step and every scoring, from several threads.
        starts: Scores and pictures of the networks before their first step, by seed; they are the
            same in every round.
        kept_batches: Batches beside frozen layers; they are the same in every round.
    """

    trainer: TrainerSpec
    batches: Batches
    heldout: HeldoutPhotos
    terms: LossTerms
    warm_starts: WarmStarts
    checkpoints: Checkpoints
    scorer: Scorer
    claim_scorer: ClaimScorer
    device: torch.device
    threads: int
    listen: Listener
    show: Show
    keep: Keep
    recipe: Recipe
    notify: Notify = ignore_progress
    starts: dict[int, tuple[PhotoScores, Views]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    kept_batches: KeptBatches = field(
        default_factory=KeptBatches, init=False, repr=False, compare=False
    )

    def by(self, engine: Engine) -> TrainingContext:
        """The same context with another engine."""
        trunk = self.recipe.trunk if engine == "loop" else None
        recipe = replace(self.recipe, engine=engine, trunk=trunk)
        return replace(self, recipe=recipe, warm_starts=replace(self.warm_starts, recipe=recipe))
