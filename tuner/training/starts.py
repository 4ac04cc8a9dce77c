"""Where trainings start: from scratch, or from networks trained with the start weights.

With `start_from: baseline` one network is trained for each seed, with the weights that the
study starts from, and every trial of that seed goes on from it. Differences between weights
are then several times less noisy than from scratch, and the trials can be short; what is
answered is how a weight changes things *from here*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from tuner.color.loss_terms import LossTerms
from tuner.errors import StorageError, TrainerError
from tuner.results import Trial
from tuner.study import TrainerSpec
from tuner.training.crew import Crew
from tuner.training.data import Batches
from tuner.training.learner import Learner
from tuner.training.lockstep import Lessons, learn_together


@dataclass(frozen=True)
class Starts:
    """The networks that trials go on from, one for each seed, as files.

    Attributes:
        weights: The weights that the study starts from.
        folder: Holds a safetensors file for each seed.
    """

    trainer: TrainerSpec
    weights: Mapping[str, float]
    folder: Path
    batches: Batches
    terms: LossTerms
    device: torch.device
    threads: int

    @property
    def steps(self) -> int:
        """How long the networks were trained; 0 from scratch."""
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
            if not self._file(seed).exists()
        ]
        if not missing:
            return
        with self._on_disk():
            self.folder.mkdir(parents=True, exist_ok=True)
        learners = [Learner(trial, self.trainer, self.device, None) for trial in missing]
        lessons = Lessons(self.batches, self.terms, 0)
        with Crew(self.threads) as crew:
            learn_together(learners, lessons, lambda _: self.steps, crew, self._refuse_to_diverge)
        for learner in learners:
            self._keep(learner.trial.seed, learner.averaged_state())

    def state(self, seed: int) -> Mapping[str, Tensor] | None:
        """The network to go on from; None from scratch."""
        if not self.steps:
            return None
        return load_file(self._file(seed), device=str(self.device))

    def _refuse_to_diverge(self, learner: Learner) -> None:
        if learner.problem:
            raise TrainerError(
                f"the network to start from diverged on seed {learner.trial.seed}: "
                f"{learner.problem} (lower trainer.learning_rate)"
            )

    def _keep(self, seed: int, state: dict[str, Tensor]) -> None:
        draft = self._file(seed).with_suffix(".draft")
        with self._on_disk():
            save_file(state, draft)
            draft.replace(self._file(seed))  # only a whole file ever gets the name

    @contextmanager
    def _on_disk(self) -> Iterator[None]:
        try:
            yield
        except (OSError, SafetensorError) as problem:
            raise StorageError(
                f"the network to start from cannot be kept in '{self.folder}' ({problem}); "
                "make room, or run the study in another folder"
            ) from problem

    def _file(self, seed: int) -> Path:
        return self.folder / f"seed-{seed}.safetensors"
