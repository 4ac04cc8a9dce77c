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
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from tuner.color.loss_terms import LossTerms
from tuner.data.batches import Batches
from tuner.errors import StorageError, TrainerError
from tuner.results import Trial
from tuner.results.events import FileMended
from tuner.results.progress import START_NETWORKS, Activity, Notify, ignore_progress
from tuner.spec.trainer import TrainerSpec
from tuner.training.batch_cache import BatchCache
from tuner.training.checkpoints import (
    TRIAL,
    Checkpoint,
    Checkpoints,
    identity_of,
    keep_on_interrupt,
)
from tuner.training.learner import Learner
from tuner.training.lockstep import learn_together
from tuner.training.recipe import Recipe
from tuner.training.whole_files import (
    MODEL_ARGS,
    DamagedFile,
    read_whole,
    require_folder,
    save_whole,
)
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
        notify: Called with every step, from several threads.
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
    notify: Notify = ignore_progress

    @property
    def steps(self) -> int:
        """Steps that the networks were trained; 0 from scratch."""
        return self.trainer.steps_before

    def make_ready(self, seeds: Sequence[int]) -> None:
        """Trains the networks of all seeds that have none yet, or a damaged one.

        Raises:
            TrainerError: A network diverged.
            StorageError: The folder cannot be written.
        """
        if not self.steps:
            return
        missing = [self._training(seed) for seed in sorted(set(seeds)) if not self._is_there(seed)]
        if not missing:
            return
        require_folder(self.folder, WHAT)
        starters = [_WarmStart(trial, self) for trial in missing]
        by_seed = {starter.learner.trial.seed: starter for starter in starters}
        self._tell(starters)

        def after_step(learner: Learner) -> None:
            by_seed[learner.trial.seed].after_step()
            self._tell(starters)

        with keep_on_interrupt(lambda: starters), WorkerThreads(self.threads) as workers:
            learn_together(
                [starter.learner for starter in starters],
                BatchCache(self.batches, self.terms, 0),
                lambda _: self.steps,
                workers,
                after_step,
                self.recipe.engine,
            )
        for starter in starters:
            starter.finish()

    def _tell(self, starters: Sequence[_WarmStart]) -> None:
        """Tells the step that all have reached."""
        seeds = [str(starter.learner.trial.seed) for starter in starters]
        detail = f"seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}"
        done = min(starter.learner.done for starter in starters)
        self.notify(Activity(START_NETWORKS, done, self.steps, "steps", detail))

    def has(self, seed: int) -> bool:
        """Whether a training on a seed can begin at once."""
        return not self.steps or self.file(seed).exists()

    def state(self, seed: int) -> Mapping[str, Tensor] | None:
        """The network to go on from; None from scratch.

        Raises:
            StorageError: It was damaged since `make_ready`.
        """
        if not self.steps:
            return self.given
        file = self.file(seed)
        try:
            return self._read(file, seed)
        except (FileNotFoundError, DamagedFile) as problem:
            raise StorageError(
                f"{file}: the network to start from is damaged or gone ({problem}); the same "
                "command trains it again"
            ) from problem

    def file(self, seed: int) -> Path:
        """Where the network of a seed is kept."""
        return self.folder / f"seed-{seed}.safetensors"

    def _is_there(self, seed: int) -> bool:
        """Whether a seed has its network, here or where another machine has left it."""
        file, share = self.file(seed), self.checkpoints.share
        if self._is_whole(file, seed):
            return True
        if file.exists():
            file.unlink()
            self.checkpoints.listen(FileMended.of(file, "it is trained again"))
        if share is not None and (arrived := share.fetch(file)) is not None:
            if self._is_whole(arrived, seed):
                arrived.replace(file)
            arrived.unlink(missing_ok=True)
        return file.exists()

    def _is_whole(self, file: Path, seed: int) -> bool:
        try:
            self._read(file, seed)
        except (FileNotFoundError, DamagedFile):
            return False
        return True

    def _read(self, file: Path, seed: int) -> Mapping[str, Tensor]:
        """The network in a file, where it is whole and that of a seed."""
        state, metadata = read_whole(file, str(self.device))
        if metadata.get(TRIAL) != identity_of(self._training(seed)):
            raise DamagedFile("it is of another training")
        return state

    def _training(self, seed: int) -> Trial:
        return Trial(weights=self.weights, seed=seed, steps=self.steps, role="baseline")


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
        arguments = json.dumps(dict(self._warm_starts.trainer.model_args))
        metadata = {MODEL_ARGS: arguments, TRIAL: identity_of(trial)}
        file = self._warm_starts.file(trial.seed)
        save_whole(file, self.learner.averaged_state(), WHAT, metadata)
        if self._warm_starts.checkpoints.share is not None:
            self._warm_starts.checkpoints.share.publish(file)
        self._warm_starts.checkpoints.forget(trial)
