"""Chooses what trains the trials of a study: the built-in trainer, an external one, or a function.

Every trainer records the beginning and the end of each trial.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tuner.errors import TrainerError
from tuner.journal.history import StudyHistory
from tuner.journal.sample_recorder import SampleRecorder
from tuner.results import Prune, Trial, TrialResult
from tuner.results.events import Listener, TrainingPrepared, TrialFinished, TrialStarted
from tuner.results.progress import (
    Activity,
    Notify,
    ProgressUpdate,
    Say,
    announced,
    ignore_progress,
)
from tuner.spec.study import StudySpec

EvaluateFunction = Callable[[Sequence[Trial]], Sequence[float]]
"""Replaces training: one score for each trial, lower is better, NaN for diverged."""


class Trainer(Protocol):
    """Trains lists of trials."""

    def make_ready(self) -> object:
        """Reads and builds everything that training needs, once; records `TrainingPrepared`.

        Raises:
            TunerError: Something cannot be used; nothing is recorded then.
        """

    def train(self, trials: Sequence[Trial], prune: Prune) -> list[TrialResult]:
        """Trains trials; one result for each, in order, recorded as soon as it is known.

        Args:
            trials: Each with its number.
            prune: May end trials before their last step.
        """

    def beside(self, asked: Sequence[Trial], likely: Iterable[Trial]) -> Sequence[Trial]:
        """The likely trials that cost no time where they are trained beside those asked for."""


class FunctionTrainer:
    """Uses a function in place of training, and makes results of its scores."""

    def __init__(self, evaluate: EvaluateFunction, record: Listener) -> None:
        self._evaluate = evaluate
        self._record = record
        self._is_ready = False

    def make_ready(self) -> None:
        """Records `TrainingPrepared`: the journal has to begin before Optuna's trials."""
        if not self._is_ready:
            self._record(TrainingPrepared(facts={"trainer": "evaluate"}))
            self._is_ready = True

    def beside(self, _asked: Sequence[Trial], _likely: Iterable[Trial]) -> Sequence[Trial]:
        """None: a function is called for what is asked for."""
        return ()

    def train(self, trials: Sequence[Trial], _prune: Prune) -> list[TrialResult]:
        """Evaluates trials; one result for each. There are no evaluations before the end."""
        for trial in trials:
            self._record(TrialStarted(trial=trial))
        scores = _numbers(self._evaluate(list(trials)))
        if len(scores) != len(trials):
            raise TrainerError(
                f"evaluate returned {len(scores)} scores for {len(trials)} trials (expected one "
                "for each, in order)"
            )
        results = [_judged(trial, score) for trial, score in zip(trials, scores, strict=True)]
        for result in results:
            self._record(TrialFinished(result=result))
        return results


@dataclass(frozen=True)
class EarlierTraining:
    """The trainings of an earlier run.

    Attributes:
        facts: The facts of these trainings; empty for a new study.
        worked: Whether any trial has a score.
    """

    facts: Mapping[str, str]
    worked: bool


@dataclass(frozen=True)
class SharedFiles:
    """A place that all machines can read and write.

    Attributes:
        address: A folder, or an address that fsspec understands.
        study: Name of the study's folder there.
    """

    address: str
    study: str


def earlier_training(earlier: StudyHistory | None) -> EarlierTraining:
    """The trainings of an earlier run; empty without one."""
    if earlier is None:
        return EarlierTraining({}, worked=False)
    scored = any(result.score is not None for result in earlier.results.values())
    return EarlierTraining(earlier.facts, worked=scored)


def make_trainer(
    spec: StudySpec,
    folder: Path,
    photo_cache: Path,
    earlier: EarlierTraining,
    record: Listener,
    share: SharedFiles | None = None,
    notify: Notify = ignore_progress,
) -> Trainer:
    """The trainer of the study; `make_ready` loads torch and the photos.

    Args:
        spec: The study.
        folder: The study's folder.
        photo_cache: Folder for decoded photos.
        earlier: The trainings of an earlier run.
        record: Is called with every event.
        share: Where all machines find the checkpoints.
        notify: Is called with what is done at the moment.
    """
    samples = SampleRecorder(folder, record)
    if spec.trainer.kind != "builtin":
        from tuner.external.trainer import ExternalTrainer

        return ExternalTrainer(
            spec, folder, photo_cache, earlier.facts, record, samples.show, samples.keep,
            worked=earlier.worked, notify=notify,
        )  # fmt: skip
    with announced(notify, "loading PyTorch"):
        from tuner.training.remote_store import RemoteStore
        from tuner.training.trainer import BuiltinTrainer

    store = RemoteStore(share.address, share.study) if share else None
    return BuiltinTrainer(
        spec, folder, photo_cache, earlier.facts, record, samples.show, samples.keep,
        notify=notify, share=store,
    )  # fmt: skip


def told_in(say: Say) -> Notify:
    """Says activities as sentences, such as `reading photos: 30 of 300 photos`."""

    def told(update: ProgressUpdate) -> None:
        if isinstance(update, Activity) and update.done < update.total:
            say(update.sentence)

    return told


def _numbers(returned: Sequence[float]) -> list[float]:
    try:
        return [float(score) for score in returned]
    except (TypeError, ValueError) as error:
        raise TrainerError(
            f"evaluate returned {returned!r:.80} (expected a list of numbers, one score for each "
            "trial, NaN where it diverged)"
        ) from error


def _judged(trial: Trial, score: float) -> TrialResult:
    if math.isfinite(score):
        return TrialResult(trial=trial, status="complete", score=score)
    reason = f"its score is {score}"
    return TrialResult(trial=trial, status="diverged", score=None, reason=reason)
