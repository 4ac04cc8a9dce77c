"""Trains a list of trials together; one trial is a list of one.

All trials advance together from one look at the held-out photos to the next. The numbers of a
trial do not depend on its company: alone or in a list, to the last bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tuner.color.kept import as_arrays
from tuner.color.loss_terms import LossTerms
from tuner.color.score import PhotoScores, Scorer
from tuner.events import CurvePoint, Listener
from tuner.golden_rule import RATIO
from tuner.results import Look, Trial, TrialResult
from tuner.study import TrainerSpec
from tuner.training.crew import Crew
from tuner.training.data import Batch, Batches, as_squares
from tuner.training.learner import Learner
from tuner.training.lockstep import Lessons, learn_together
from tuner.training.starts import Starts

LOOKS = (0.0, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Shares of the steps at which the held-out photos are scored."""

CURVE_POINTS = 50

Keep = Callable[[Trial, Mapping[str, np.ndarray]], None]
"""Is handed what was read off each held-out photo at the end of a trial, as arrays by name."""

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
        keep: Is handed what was read off them at the end; called from several threads.
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
    keep: Keep


def train_together(
    trials: Sequence[Trial], bench: Bench, on_finished: Callable[[TrialResult], None]
) -> list[TrialResult]:
    """Trains all trials and scores each on the held-out photos.

    Args:
        on_finished: Is told about every result as soon as it is there; called from the
            thread that scored it.

    Returns:
        One result for each trial, in the order of `trials`.

    Raises:
        TrainerError: A network to start from diverged.
        StorageError: A network to start from cannot be kept.
    """
    assert len({trial.number for trial in trials}) == len(trials), "each has a number of its own"
    bench.starts.make_ready([trial.seed for trial in trials])
    began = time.monotonic()
    pupils = {trial.number: _Pupil(trial, bench) for trial in trials}
    lessons = Lessons(bench.batches, bench.terms, bench.starts.steps)

    def finish(pupil: _Pupil) -> TrialResult:
        pupil.look()
        result = pupil.result((time.monotonic() - began) / len(pupils))
        on_finished(result)
        return result

    def learn(share: float) -> None:
        learn_together(
            [pupil.learner for pupil in pupils.values()],
            lessons,
            lambda learner: round(share * learner.trial.steps),
            crew,
            lambda learner: pupils[learner.trial.number].after_step(),
        )

    with Crew(bench.threads) as crew:
        _look_at_the_start(pupils.values(), crew)
        for share in LOOKS[1:-1]:
            learn(share)
            crew.each(pupils.values(), _Pupil.look)
        learn(1.0)
        return crew.each(pupils.values(), finish)


def _look_at_the_start(pupils: Iterable[_Pupil], crew: Crew) -> None:
    """Before the first step all networks of a seed are the same, so one of them is looked at."""
    by_seed: dict[int, list[_Pupil]] = {}
    for pupil in pupils:
        by_seed.setdefault(pupil.learner.trial.seed, []).append(pupil)

    def look(same: list[_Pupil]) -> None:
        seen = same[0].predict()
        for pupil in same:
            pupil.remember(*seen)

    crew.each(by_seed.values(), look)


class _Pupil:
    """A network that learns, and how it was seen to do."""

    def __init__(self, trial: Trial, bench: Bench) -> None:
        self.bench = bench
        self.learner = Learner(trial, bench.trainer, bench.device, bench.starts.state(trial.seed))
        self.scores: PhotoScores | None = None
        self._averages: Mapping[str, float] = {}
        self._looks: list[Look] = []
        self._seen_at = -1
        self._every = max(1, trial.steps // CURVE_POINTS)

    def after_step(self) -> None:
        """Tells about the loss now and then."""
        done, steps = self.learner.done, self.learner.trial.steps
        if not self.learner.problem and (done % self._every == 0 or done == steps):
            self._averages = self.learner.averages()
            self._tell(self._averages)

    def look(self) -> None:
        """Scores the held-out photos, unless they were scored after the same step."""
        if not self.learner.problem and self.learner.done != self._seen_at:
            self.remember(*self.predict())

    def predict(self) -> tuple[Tensor, PhotoScores]:
        """The held-out photos as predicted by now, and how they are judged."""
        prediction = self.learner.predict(self.bench.heldout.gray)
        return prediction, self.bench.scorer.score(prediction)

    def remember(self, prediction: Tensor, scores: PhotoScores) -> None:
        """Takes the scores for its own, and shows the prediction."""
        self.scores, self._seen_at = scores, self.learner.done
        self._looks.append(_look(self.learner.done, scores))
        self._tell(_heldout(scores))
        chosen = list(self.bench.gallery)
        photo, gray = self.bench.heldout.rgb[chosen], self.bench.heldout.gray[chosen]
        views = (gray.expand_as(photo), prediction[chosen], photo)
        self.bench.show(
            self.learner.trial, self.learner.done, *(as_squares(view) for view in views)
        )

    def result(self, seconds: float) -> TrialResult:
        """What came of it."""
        trial, scores = self.learner.trial, self.scores
        assert scores is not None, "it was looked at before its first step"
        if self.learner.problem or not np.isfinite(scores.value):
            return TrialResult(
                trial=trial,
                status="diverged",
                score=None,
                reason=self.learner.problem or f"after step {trial.steps}, {scores.rejected}",
                seconds=seconds,
            )
        assert scores.reading is not None, "it has a score"
        self.bench.keep(trial, as_arrays(scores.reading))
        return TrialResult(
            trial=trial,
            status="rejected" if scores.rejected else "complete",
            score=scores.value,
            reason=scores.rejected,
            measures={**scores.measures, **_ratio(self._averages)},
            warnings=scores.warnings,
            seconds=seconds,
            looks=tuple(self._looks),
        )

    def _tell(self, values: Mapping[str, float]) -> None:
        finite = {name: value for name, value in values.items() if np.isfinite(value)}
        if finite:
            trial = self.learner.trial
            self.bench.listen(
                CurvePoint(number=trial.number, step=self.learner.done, values=finite)
            )


def _ratio(averages: Mapping[str, float]) -> dict[str, float]:
    """By how much the weighted AB loss outweighs the perceptual one; nothing without either."""
    ab = averages.get("share/ab_chrominance", 0.0)
    perceptual = averages.get("share/perceptual", 0.0)
    return {RATIO: ab / perceptual} if ab > 0 and perceptual > 0 else {}


def _look(step: int, scores: PhotoScores) -> Look:
    return Look(step=step, score=scores.value, ab_slope=scores.measures["ab_slope"])


def _heldout(scores: PhotoScores) -> dict[str, float]:
    """The few numbers that are worth a curve."""
    names = ("lpips", "colorfulness", "chroma_ratio", "cast", "ab_slope", "ciede2000")
    measures = {f"heldout/{name}": scores.measures[name] for name in names}
    return {"heldout/score": scores.value, **measures}
