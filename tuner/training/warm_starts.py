"""Where trainings start: from scratch, from a file, or from networks of the start weights.

With `start_from: baseline` one network is trained for each seed, with the weights that the
study starts from, and every trial of that seed goes on from it. Differences between weights
are then several times less noisy than from scratch, and the trials can be short; the answer is how
a weight changes things *from here*.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from tuner.color.loss_terms import LossTerms
from tuner.data.batches import Batches
from tuner.errors import TrainerError
from tuner.results import Trial
from tuner.spec.trainer import TrainerSpec
from tuner.training.batch_cache import BatchCache
from tuner.training.checkpoints import Checkpoint, Checkpoints, keep_on_interrupt
from tuner.training.learner import Learner
from tuner.training.lockstep import learn_together
from tuner.training.recipe import Recipe
from tuner.training.whole_files import MODEL_ARGS, require_folder, save_whole
from tuner.training.worker_threads import WorkerThreads

WHAT = "the network to start from"


@dataclass(frozen=True)
class WarmStarts:
    """The networks that trials go on from, one for each seed, as files.

    Attributes:
        weights: The weights that the study starts from.
        folder: Holds a safetensors file for each seed.
        checkpoints: Keeps unfinished networks.
        recipe: Network, loss and engine.
        given: A network of the user's that all trials start from.
    """

    trainer: TrainerSpec
    weights: Mapping[str, float]
    folder: Path
    checkpoints: Checkpoints
    batches: Batches
    terms: LossTerms
    device: torch.device
    threads: int
    recipe: Recipe
    given: Mapping[str, Tensor] | None = None

    @property
    def steps(self) -> int:
        """Steps that the networks were trained; 0 from scratch."""
        return self.trainer.steps_before

    def make_ready(self, seeds: Sequence[int]) -> None:
        """Trains the networks of all seeds that have none yet.

        Raises:
            TrainerError: A network diverged.
            StorageError: The folder cannot be written.
        """
        if not self.steps:
            return
        missing = [
            Trial(weights=self.weights, seed=seed, steps=self.steps, role="baseline")
            for seed in sorted(set(seeds))
            if not self._is_there(seed)
        ]
        if not missing:
            return
        require_folder(self.folder, WHAT)
        starters = [_WarmStart(trial, self) for trial in missing]
        by_seed = {starter.learner.trial.seed: starter for starter in starters}
        with keep_on_interrupt(lambda: starters), WorkerThreads(self.threads) as workers:
            learn_together(
                [starter.learner for starter in starters],
                BatchCache(self.batches, self.terms, 0),
                lambda _: self.steps,
                workers,
                lambda learner: by_seed[learner.trial.seed].after_step(),
                self.recipe.engine,
            )
        for starter in starters:
            starter.finish()

    def state(self, seed: int) -> Mapping[str, Tensor] | None:
        """The network to go on from; None from scratch."""
        if not self.steps:
            return self.given
        return load_file(self.file(seed), device=str(self.device))

    def file(self, seed: int) -> Path:
        """Where the network of a seed is kept."""
        return self.folder / f"seed-{seed}.safetensors"

    def _is_there(self, seed: int) -> bool:
        """Whether a seed has its network, here or where another machine has left it."""
        file, share = self.file(seed), self.checkpoints.share
        if not file.exists() and share is not None and (arrived := share.fetch(file)) is not None:
            with suppress(SafetensorError):  # a damaged file is trained again
                load_file(arrived)
                arrived.replace(file)
            arrived.unlink(missing_ok=True)
        return file.exists()


class _WarmStart:
    """A network to start from, while it is trained."""

    def __init__(self, trial: Trial, warm_starts: WarmStarts) -> None:
        self.learner = Learner(
            trial, warm_starts.trainer, warm_starts.device, None, warm_starts.recipe
        )
        self._warm_starts = warm_starts
        checkpoint = warm_starts.checkpoints.find(trial)
        if checkpoint is not None:
            self.learner.go_on_from(checkpoint.state, checkpoint.progress)
        self._kept_at = time.monotonic()

    def after_step(self) -> None:
        """Refuses a network that diverged, and keeps a checkpoint every minute."""
        learner = self.learner
        if learner.problem:
            raise TrainerError(
                f"the network to start from diverged on seed {learner.trial.seed}: "
                f"{learner.problem} (lower trainer.learning_rate)"
            )
        if self._warm_starts.checkpoints.is_due(self._kept_at):
            self.keep()

    def keep(self) -> None:
        """Keeps a checkpoint, if there is something to go on from."""
        learner = self.learner
        if learner.done and not learner.problem:
            checkpoint = Checkpoint(learner.state(), learner.progress(), learner.done)
            self._warm_starts.checkpoints.keep(learner.trial, checkpoint)
            self._kept_at = time.monotonic()

    def finish(self) -> None:
        """Keeps the averaged network, for all trials of its seed."""
        trial = self.learner.trial
        told = {MODEL_ARGS: json.dumps(dict(self._warm_starts.trainer.model_args))}
        save_whole(self._warm_starts.file(trial.seed), self.learner.averaged_state(), WHAT, told)
        if self._warm_starts.checkpoints.share is not None:
            self._warm_starts.checkpoints.share.publish(self._warm_starts.file(trial.seed))
        self._warm_starts.checkpoints.forget(trial)
