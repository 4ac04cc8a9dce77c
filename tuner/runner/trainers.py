"""Who trains the trials of a run: the built-in trainer, your own, or a function instead of both.

All tell about the beginning and the end of every trial.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tuner.errors import TrainerError
from tuner.events import Listener, TrainingPrepared, TrialFinished, TrialStarted
from tuner.journal.history import StudyHistory
from tuner.journal.recorder import Recorder
from tuner.results import Prune, Trial, TrialResult
from tuner.spec.study import StudySpec

if TYPE_CHECKING:
    from tuner.external.trainer import ExternalTrainer
    from tuner.training.trainer import BuiltinTrainer

EvaluateFunction = Callable[[Sequence[Trial]], Sequence[float]]
"""Stands in for training: one score for each trial, lower is better, NaN for diverged."""


class FunctionTrainer:
    """Makes results of the scores that stand in for training."""

    def __init__(self, evaluate: EvaluateFunction, tell: Listener) -> None:
        self._evaluate = evaluate
        self._tell = tell
        self._is_ready = False

    def make_ready(self) -> None:
        """Nothing has to be read or built; but the journal has to begin before Optuna's trials."""
        if not self._is_ready:
            self._tell(TrainingPrepared(facts={"trainer": "evaluate"}))
            self._is_ready = True

    def train(self, trials: Sequence[Trial], _prune: Prune) -> list[TrialResult]:
        """One result for each trial; nobody sees how they do on the way."""
        for trial in trials:
            self._tell(TrialStarted(trial=trial))
        scores = _numbers(self._evaluate(list(trials)))
        if len(scores) != len(trials):
            raise TrainerError(
                f"evaluate returned {len(scores)} scores for {len(trials)} trials (expected one "
                "for each, in order)"
            )
        results = [_judged(trial, score) for trial, score in zip(trials, scores, strict=True)]
        for result in results:
            self._tell(TrialFinished(result=result))
        return results


class BuiltinTraining:
    """Trains with the built-in loop; torch and photos are loaded when there is work to do.

    Args:
        facts: What an earlier run of the study was trained with; empty for a new one.
        share: Where other machines see checkpoints, too.
    """

    def __init__(
        self,
        spec: StudySpec,
        photo_cache: Path,
        facts: Mapping[str, str],
        tell: Recorder,
        share: SharedFiles | None = None,
    ) -> None:
        self._spec = spec
        self._photo_cache = photo_cache
        self._facts = facts
        self._share = share
        self._tell = tell
        self._trainer: BuiltinTrainer | None = None

    def make_ready(self) -> None:
        """Reads photos and builds networks.

        Raises:
            TunerError: They cannot be used; nothing was told yet.
        """
        self._ready()

    def train(self, trials: Sequence[Trial], prune: Prune) -> list[TrialResult]:
        """One result for each trial, told as soon as it is there."""
        trainer = self._ready()
        for trial in trials:
            self._tell(TrialStarted(trial=trial))
        return trainer(trials, prune)

    def _ready(self) -> BuiltinTrainer:
        if self._trainer is None:
            from tuner.training.remote_store import RemoteStore
            from tuner.training.trainer import BuiltinTrainer

            share = RemoteStore(self._share.address, self._share.study) if self._share else None
            trainer = BuiltinTrainer(
                self._spec, self._tell.folder, self._photo_cache, self._facts,
                self._tell, self._tell.show, self._tell.keep, share=share,
            )  # fmt: skip
            trainer.make_ready()
            self._trainer = trainer
        return self._trainer


class ExternalTraining:
    """Trains with the study's own script or function.

    Args:
        facts: What an earlier run of the study was trained with; empty for a new one.
        worked: Whether any trial of the study has a score already.
    """

    def __init__(
        self,
        spec: StudySpec,
        photo_cache: Path,
        facts: Mapping[str, str],
        tell: Recorder,
        *,
        worked: bool,
    ) -> None:
        self._spec = spec
        self._photo_cache = photo_cache
        self._facts = facts
        self._tell = tell
        self._worked = worked
        self._trainer: ExternalTrainer | None = None

    def make_ready(self) -> None:
        """Writes the held-out photos, and looks whether all is there that the script needs.

        Raises:
            TunerError: It is not; nothing was told yet.
        """
        self._ready().make_ready()

    def train(self, trials: Sequence[Trial], _prune: Prune) -> list[TrialResult]:
        """One result for each trial, told as soon as it is there; nobody sees it on the way."""
        return self._ready()(trials)

    def _ready(self) -> ExternalTrainer:
        if self._trainer is None:
            from tuner.external.trainer import ExternalTrainer

            self._trainer = ExternalTrainer(
                self._spec, self._tell.folder, self._photo_cache, self._facts,
                self._tell, self._tell.show, self._tell.keep, worked=self._worked,
            )  # fmt: skip
        return self._trainer


Trainer = FunctionTrainer | BuiltinTraining | ExternalTraining


@dataclass(frozen=True)
class EarlierTraining:
    """What was trained before.

    Attributes:
        facts: What it was trained with; empty for a new study.
        worked: Whether any trial has a score already.
    """

    facts: Mapping[str, str]
    worked: bool


@dataclass(frozen=True)
class SharedFiles:
    """A place that all machines see.

    Attributes:
        address: A folder, or an address that fsspec knows.
        study: Name of the study's own folder there.
    """

    address: str
    study: str


def earlier_training(earlier: StudyHistory | None) -> EarlierTraining:
    """What an earlier run has trained."""
    if earlier is None:
        return EarlierTraining({}, worked=False)
    scored = any(result.score is not None for result in earlier.results.values())
    return EarlierTraining(earlier.facts, worked=scored)


def choose_trainer(
    spec: StudySpec,
    evaluate: EvaluateFunction | None,
    photo_cache: Path,
    earlier_training: EarlierTraining,
    tell: Recorder,
    share: SharedFiles | None = None,
) -> Trainer:
    """Who trains, as the study and the caller ask for it."""
    if evaluate is not None:
        return FunctionTrainer(evaluate, tell)
    if spec.trainer.kind == "builtin":
        return BuiltinTraining(spec, photo_cache, earlier_training.facts, tell, share)
    return ExternalTraining(
        spec, photo_cache, earlier_training.facts, tell, worked=earlier_training.worked
    )


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
