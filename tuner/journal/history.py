"""The state of a study: its journal, folded into one record.

Nothing here loads torch, Optuna or MLflow, so reading a study is quick.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from tuner.results import (
    CombinationResult,
    Noise,
    Preference,
    StageResult,
    Status,
    Trial,
    TrialResult,
)
from tuner.results.events import (
    AdviceGiven,
    PictureTaken,
    StudyFinished,
    StudyOpened,
)
from tuner.results.score_unit import ScoreUnit
from tuner.results.statistics import Weights, weights_key
from tuner.spec.changes import trains_alike
from tuner.spec.study import StudySpec
from tuner.spec.study_file import recorded_study

TrialState = Literal["running", "interrupted"] | Status


@dataclass(frozen=True)
class StudyPart:
    """What a study did until it ended, or from where it went on.

    Attributes:
        stages: Those of this part.
        combination: None where nothing was combined.
        finished: How it ended; None while it goes on.
    """

    stages: tuple[StageResult, ...]
    combination: CombinationResult | None
    finished: StudyFinished | None


@dataclass(frozen=True)
class StudyHistory:
    """A study according to its journal.

    Attributes:
        opened: The latest beginning of a run: the study file, and the machine.
        facts: What the trials were trained with, from `TrainingPrepared`.
        notices: Sentences on what is wrong or needs a decision.
        trials: All trials that were started, by number.
        results: The trials that ended, by number.
        running: Trials that were started by the latest run and have not ended.
        stages: The judged stages, in order, those before the study went on included.
        combination: The result of moving several weights at once; None before it is judged.
        noise: Of one training, as known by now; None before the baseline is trained.
        incumbent: The best weights so far.
        finished: The outcome; None while the study goes on.
        curves: The latest value of every curve, by trial and name, with its step.
        pictures: All pictures, in the order in which they were taken.
        started: When the study was opened first, in seconds since the epoch.
        ended: When it was finished; None while it goes on.
        last: Time of the last event.
        began: When each trial was started first.
        stopped: When each trial ended or was interrupted.
        advice: Advice of the guide, in order.
        preferences: What persons prefer, in the order in which they were asked.
        parts: What the study was each time before it went on.
        remarks: Sentences on what is as it should be, and worth knowing.
    """

    opened: StudyOpened
    facts: Mapping[str, str]
    notices: tuple[str, ...]
    trials: Mapping[int, Trial]
    results: Mapping[int, TrialResult]
    running: Mapping[int, Trial]
    stages: tuple[StageResult, ...]
    combination: CombinationResult | None
    noise: Noise | None
    incumbent: Mapping[str, float]
    finished: StudyFinished | None
    curves: Mapping[int, Mapping[str, tuple[int, float]]]
    pictures: tuple[PictureTaken, ...]
    started: float
    ended: float | None
    last: float
    began: Mapping[int, float]
    stopped: Mapping[int, float]
    advice: tuple[AdviceGiven, ...] = ()
    preferences: tuple[Preference, ...] = ()
    parts: tuple[StudyPart, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def study(self) -> str:
        """The study's name."""
        return self.opened.study

    @property
    def spec(self) -> Mapping[str, Any]:
        """The settings, as in the study file."""
        return self.opened.spec

    @property
    def start_weights(self) -> Mapping[str, float]:
        """The weights the user trained with before the study."""
        weights: Mapping[str, float] = self.spec.get("weights", {})
        return weights

    @property
    def provenance(self) -> Mapping[str, str]:
        """Where everything is from: versions, machine, photos, networks."""
        return {**self.opened.provenance, **self.facts}

    @cached_property
    def unit(self) -> ScoreUnit:
        """What the scores stand for."""
        return ScoreUnit.of(self.spec)

    def noise_for(self, spec: StudySpec) -> Noise | None:
        """The noise of one training of a study; None where this one trains or scores otherwise."""
        return self.noise if self.trains_like(spec) else None

    def trains_like(self, spec: StudySpec) -> bool:
        """Whether a study has the same data, trainer and objective, so that numbers hold for it."""
        return trains_alike(recorded_study(self.spec), spec)

    @cached_property
    def asked_results(self) -> tuple[TrialResult, ...]:
        """The results on which conclusions rest, see `StudyFinished.asked_for`."""
        results = self.results.values()
        return tuple(self.finished.asked_for(results) if self.finished else results)

    @cached_property
    def results_alike(self) -> Mapping[tuple[Weights, int], tuple[TrialResult, ...]]:
        """The study's own results, by the weights and steps that they have in common."""
        alike: dict[tuple[Weights, int], list[TrialResult]] = {}
        for result in self.results.values():
            trial = result.trial
            if not trial.rival:
                alike.setdefault((weights_key(trial.weights), trial.steps), []).append(result)
        return {key: tuple(results) for key, results in alike.items()}

    @cached_property
    def seeds_alike(self) -> Mapping[int, tuple[int, ...]]:
        """The trials that differ from a trial in nothing but their seed, itself included."""
        alike: dict[tuple[Weights, int, str], list[int]] = {}
        for number, trial in sorted(self.trials.items()):
            key = weights_key(trial.weights), trial.steps, trial.rival
            alike.setdefault(key, []).append(number)
        return {number: tuple(same) for same in alike.values() for number in same}

    @property
    def present_part(self) -> StudyPart:
        """The study since it went on last, or from its beginning."""
        before = {stage.number for part in self.parts for stage in part.stages}
        stages = tuple(stage for stage in self.stages if stage.number not in before)
        return StudyPart(stages, self.combination, self.finished)

    @property
    def endings(self) -> tuple[StudyFinished, ...]:
        """How the study ended each time, before it went on and now."""
        parts = (*self.parts, self.present_part)
        return tuple(part.finished for part in parts if part.finished)

    @property
    def ending_of_the_best(self) -> StudyFinished | None:
        """The end that confirmed the best weights; the latest where none did."""
        latest = self.finished
        for end in reversed(self.endings):
            if latest and end.best_weights == end.incumbent_weights == latest.best_weights:
                return end
        return latest

    def state(self, number: int) -> TrialState:
        """How a trial stands."""
        if number in self.running:
            return "running"
        result = self.results.get(number)
        return result.status if result else "interrupted"
