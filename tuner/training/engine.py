"""Trains a list of trials together; one trial is a list of one.

Trials with one seed share their batches and whatever depends on the photos alone, which is
computed once per step for all of them. Each network runs on one thread, so the numbers of a
trial do not depend on its company: alone or in a list, to the last bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from threading import Event as Flag

import numpy as np
import torch
from torch import Tensor

from tuner.color.loss_terms import LossTerms
from tuner.color.score import PhotoScores, Scorer
from tuner.events import CurvePoint, Listener
from tuner.results import Trial, TrialResult
from tuner.study import TrainerSpec
from tuner.training.data import Batch, Batches, as_squares
from tuner.training.learner import Learner
from tuner.training.lockstep import Course, in_threads, learn_together
from tuner.training.starts import Starts

LOOKS = (0.0, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Shares of the steps at which the held-out photos are scored."""

CURVE_POINTS = 50

Show = Callable[[Trial, int, np.ndarray, np.ndarray, np.ndarray], None]
"""Is handed a trial, its step, and a few held-out photos as gray, prediction and photo, each
(n, H, W, 3) uint8."""


@dataclass(frozen=True)
class Bench:
    """What all trials of a study share.

    Attributes:
        heldout: The held-out photos, never trained on.
        gallery: Which of them are shown.
        listen: Is told about curves; called from several threads.
        show: Is handed predictions of the held-out photos; called from several threads.
    """

    trainer: TrainerSpec
    batches: Batches
    heldout: Batch
    gallery: Sequence[int]
    terms: LossTerms
    starts: Starts
    scorer: Scorer
    device: torch.device
    threads: int
    listen: Listener
    show: Show


def train_together(
    trials: Sequence[Trial], bench: Bench, on_finished: Callable[[TrialResult], None]
) -> list[TrialResult]:
    """Trains all trials and scores each on the held-out photos.

    Args:
        on_finished: Is told about every result as soon as it is there; called from the
            thread that trained it.

    Returns:
        One result for each trial, in the order of `trials`.

    Raises:
        TrainerError: A network to start from diverged.
        StorageError: A network to start from cannot be kept.
    """
    bench.starts.make_ready([trial.seed for trial in trials])

    def train_shard(shard: Sequence[Trial], stop: Flag) -> list[TrialResult]:
        results: list[TrialResult] = []
        for _, group in groupby(shard, key=lambda trial: (trial.steps, trial.seed)):
            results += _Group(list(group), bench).train(stop, on_finished)
        return results

    results = in_threads(trials, bench.threads, train_shard)
    by_number = {result.trial.number: result for result in results}
    assert len(by_number) == len(trials), "each trial has a number of its own"
    return [by_number[trial.number] for trial in trials]


class _Group:
    """Trials that share seed and steps, hence every batch."""

    def __init__(self, trials: Sequence[Trial], bench: Bench) -> None:
        self.bench = bench
        self.seed, self.steps = trials[0].seed, trials[0].steps
        start = bench.starts.state(self.seed)
        self.learners = [Learner(trial, bench.trainer, bench.device, start) for trial in trials]
        self.began = time.monotonic()
        self.looks = {round(share * self.steps) for share in LOOKS}
        self.every = max(1, self.steps // CURVE_POINTS)
        self.scores: dict[int, PhotoScores] = {}

    def train(self, stop: Flag, on_finished: Callable[[TrialResult], None]) -> list[TrialResult]:
        """Trains all of the group side by side, a step at a time."""
        self._look(0)
        bench = self.bench
        first = bench.starts.steps
        course = Course(bench.batches, bench.terms, self.seed, self.steps, first, stop)
        learn_together(self.learners, course, self._after_step)
        results = [self._result(learner) for learner in self.learners]
        for result in results:
            on_finished(result)
        return results

    def _after_step(self, done: int) -> None:
        if done % self.every == 0 or done == self.steps:
            for learner in self.learners:
                if not learner.problem:
                    self._tell(learner, done, learner.averages())
        if done in self.looks:
            self._look(done)

    def _look(self, step: int) -> None:
        seen: tuple[Tensor, PhotoScores] | None = None
        for learner in self.learners:
            if learner.problem:
                continue
            if step or seen is None:  # before the first step all networks of a seed are the same
                prediction = learner.predict(self.bench.heldout.gray)
                seen = prediction, self.bench.scorer.score(prediction)
            prediction, scores = seen
            self.scores[learner.trial.number] = scores
            self._tell(learner, step, _heldout(scores))
            self._show(learner.trial, step, prediction)

    def _show(self, trial: Trial, step: int, prediction: Tensor) -> None:
        chosen = list(self.bench.gallery)
        photo, gray = self.bench.heldout.rgb[chosen], self.bench.heldout.gray[chosen]
        views = (gray.expand_as(photo), prediction[chosen], photo)
        self.bench.show(trial, step, *(as_squares(view) for view in views))

    def _tell(self, learner: Learner, step: int, values: Mapping[str, float]) -> None:
        finite = {name: value for name, value in values.items() if np.isfinite(value)}
        if finite:
            self.bench.listen(CurvePoint(number=learner.trial.number, step=step, values=finite))

    def _result(self, learner: Learner) -> TrialResult:
        seconds = (time.monotonic() - self.began) / len(self.learners)
        scores = self.scores[learner.trial.number]
        if learner.problem or not np.isfinite(scores.value):
            return TrialResult(
                trial=learner.trial,
                status="diverged",
                score=None,
                reason=learner.problem or f"after step {self.steps}, {scores.rejected}",
                seconds=seconds,
            )
        return TrialResult(
            trial=learner.trial,
            status="rejected" if scores.rejected else "complete",
            score=scores.value,
            reason=scores.rejected,
            measures=scores.measures,
            warnings=scores.warnings,
            seconds=seconds,
        )


def _heldout(scores: PhotoScores) -> dict[str, float]:
    """The few numbers that are worth a curve."""
    names = ("lpips", "colorfulness", "chroma_ratio", "cast", "ab_slope", "ciede2000")
    measures = {f"heldout/{name}": scores.measures[name] for name in names}
    return {"heldout/score": scores.value, **measures}
