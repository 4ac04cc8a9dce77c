"""One trial in training: its network, its evaluations so far, and its checkpoints."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Literal

import numpy as np

from tuner.color.reading_arrays import as_arrays
from tuner.color.score import PhotoScores
from tuner.guide.golden_rule import RATIO, ratio_of
from tuner.results import Evaluation, RunningTrial, Trial, TrialResult
from tuner.results.events import CurvePoint
from tuner.results.progress import StepsDone
from tuner.training.checkpoints import Checkpoint
from tuner.training.context import TrainingContext
from tuner.training.heldout_photos import Views
from tuner.training.learner import Learner
from tuner.training.scoring import curve_of, evaluation_of, scored

CURVE_POINTS = 50


class TrialRun:
    """A network in training, and its evaluations so far.

    It goes on from the trial's checkpoint, where there is one.

    Attributes:
        learner: The network.
        scores: Of the latest evaluation of the held-out photos; None before the first.
    """

    def __init__(self, trial: Trial, context: TrainingContext) -> None:
        start = context.warm_starts.state(trial.seed)
        self.learner = Learner(trial, context.trainer, context.device, start, context.recipe)
        self.scores: PhotoScores | None = None
        self._context = context
        self._averages: Mapping[str, float] = {}
        self._evaluations: list[Evaluation] = []
        self._every = max(1, trial.steps // CURVE_POINTS)
        self._is_over = False
        checkpoint = context.checkpoints.find(trial)
        if checkpoint is not None:
            self._go_on_from(checkpoint)
        self._kept_at = time.monotonic()

    @property
    def trial(self) -> Trial:
        """What is trained."""
        return self.learner.trial

    def goal(self, share: float) -> int:
        """The step at which a share of the training is done."""
        return round(share * self.trial.steps)

    def evaluated_until(self, share: float) -> RunningTrial:
        """The trial with its evaluations up to a share of its steps; it may be further by now."""
        seen = (one for one in self._evaluations if one.step <= self.goal(share))
        return RunningTrial(trial=self.trial, evaluations=tuple(seen))

    def after_step(self) -> None:
        """Records the loss every few steps, and keeps a checkpoint every minute."""
        done, steps = self.learner.done, self.trial.steps
        if self.learner.problem:
            return
        self._context.notify(StepsDone(self.trial.number, done))
        if done % self._every == 0 or done == steps:
            self._averages = self.learner.averages()
            self._tell(self._averages)
        if done < steps and self._context.checkpoints.is_due(self._kept_at):
            self.keep()

    def keep(self) -> None:
        """Keeps a checkpoint, unless no step was done or the training is over.

        Raises:
            StorageError: It cannot be written.
        """
        if self._is_over or self.learner.problem or not self.learner.done:
            return
        progress = {
            "learner": self.learner.progress(),
            "averages": dict(self._averages),
            "looks": [one.model_dump() for one in self._evaluations],
        }
        self._context.checkpoints.keep(
            self.trial, Checkpoint(self.learner.state(), progress, self.learner.done)
        )
        self._kept_at = time.monotonic()

    def evaluate(self, share: float) -> None:
        """Scores the held-out photos, unless that was done before, or it resumed further ahead."""
        there = self.learner.done == self.goal(share) > self._evaluated_at
        if there and not self.learner.problem:
            self.record_scores(self.score())
            if share == 1.0:
                self.show(self.views())

    def score(self) -> PhotoScores:
        """The scores of the held-out photos by now."""
        return self._context.scorer.score(self._context.heldout.colored(self.learner.predict))

    def views(self) -> Views:
        """The photos that are shown, as the network colors them by now."""
        return self._context.heldout.views(self.learner.predict)

    def show(self, views: Views) -> None:
        """Shows pictures as those of this trial by now."""
        self._context.show(self.trial, self.learner.done, *views)

    def record_scores(self, scores: PhotoScores) -> None:
        """Records the scores as this trial's."""
        self.scores = scores
        self._evaluations.append(evaluation_of(self.learner.done, scores))
        self._tell(curve_of(scores))

    def result(self, seconds: float) -> TrialResult:
        """The result after the last step."""
        self._is_over = True
        if self.learner.problem:
            return self._without_score("diverged", self.learner.problem, seconds)
        scores = self.scores
        assert scores is not None, "it was looked at after its last step"
        if scores.reading is None:
            reason = f"after step {self.trial.steps}, {scores.rejected}"
            return self._without_score("diverged", reason, seconds)
        self._context.keep(self.trial, as_arrays(scores.reading))
        ratio = ratio_of(self._averages)
        more = {} if ratio is None else {RATIO: ratio}
        result = scored(self.trial, scores, self._evaluations, more)
        result = self._context.claim_scorer.with_photos(
            result, scores.reading, self.learner.predict
        )
        return result.model_copy(update={"seconds": seconds})

    def pruned(self, reason: str, seconds: float) -> TrialResult:
        """The result of a trial that ends before its last step."""
        self.show(self.views())
        return self._without_score("pruned", reason, seconds).model_copy(
            update={"evaluations": tuple(self._evaluations)}
        )

    @property
    def _evaluated_at(self) -> int:
        return self._evaluations[-1].step if self._evaluations else -1

    def _without_score(
        self, status: Literal["diverged", "pruned"], reason: str, seconds: float
    ) -> TrialResult:
        self._is_over = True
        return TrialResult(
            trial=self.trial, status=status, score=None, reason=reason, seconds=seconds
        )

    def _go_on_from(self, checkpoint: Checkpoint) -> None:
        self.learner.go_on_from(checkpoint.state, checkpoint.progress["learner"])
        self._averages = checkpoint.progress["averages"]
        evaluations = [Evaluation(**one) for one in checkpoint.progress["looks"]]
        # An evaluation after this very step is repeated: its scores are not in the checkpoint.
        self._evaluations = [one for one in evaluations if one.step < self.learner.done]

    def _tell(self, values: Mapping[str, float]) -> None:
        finite = {name: value for name, value in values.items() if np.isfinite(value)}
        if finite:
            number = self.trial.number
            self._context.listen(CurvePoint(number=number, step=self.learner.done, values=finite))
