"""The progress of a run: its events, folded into one frozen record.

As it is frozen, one thread can draw it while another one handles the next event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tuner.display.activity_view import ActivityView, pace_of
from tuner.display.running_view import RunningView
from tuner.journal.history import StudyPart
from tuner.results import CombinationResult, Noise, StageResult, TrialResult
from tuner.results.events import (
    CombinationFinished,
    CurvePoint,
    Event,
    FileMended,
    StageFinished,
    StudyFinished,
    StudyOpened,
    TrainingPrepared,
    TrialFinished,
    TrialStarted,
)
from tuner.results.progress import START_NETWORKS, Activity, ProgressUpdate
from tuner.results.score_unit import SCORE as OF_PHOTOS
from tuner.results.score_unit import ScoreUnit
from tuner.results.statistics import measure_noise
from tuner.spec.plan import Plan

SCORE = "heldout/score"
SCRIPTED = ("command", "function")
"""Trainers that are the user's own."""


@dataclass(frozen=True)
class ProgressView:
    """The state of a run; all times are in seconds of one clock.

    Attributes:
        began: Time when the display was opened.
        heard: Time of the latest event.
        unit: What the scores stand for.
        spec: The study as it was recorded; empty before that.
        facts: What the trials are trained with.
        activity: What is done now apart from the steps of trials; None where nothing is.
        scripted: Whether a script of the user's own trains: a trial runs from its start on, and its
            steps may stay unknown.
        underway: Trials that are in training or wait for their turn, by number.
        results: Trials that ended, by number, those of earlier runs included.
        stages: Judged stages, by number, those before the study went on included.
        combination: The result of moving several weights at once; None before it is judged.
        noise: As measured so far.
        notices: Notices that were shown already.
        remarks: Remarks that were shown already.
        busy: Seconds in which any trial was in training since the preparations ended.
        work: Trainings done in that time, parts of trainings included.
        starting: Seconds in which networks to start from were trained.
        started: How many of them were trained.
        paces: Seconds for each part of the activities that are over, by name.
        found_by: Options with which further commands find the study, such as `--directory runs`.
        parts: What the study was each time before it went on.
    """

    plan: Plan
    began: float
    heard: float
    unit: ScoreUnit = OF_PHOTOS
    symptom: str = ""
    spec: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    activity: ActivityView | None = None
    scripted: bool = False
    underway: Mapping[int, RunningView] = field(default_factory=dict)
    results: Mapping[int, TrialResult] = field(default_factory=dict)
    stages: Mapping[int, StageResult] = field(default_factory=dict)
    combination: CombinationResult | None = None
    noise: Noise | None = None
    notices: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    finished: StudyFinished | None = None
    busy: float = 0.0
    work: float = 0.0
    starting: float = 0.0
    started: int = 0
    paces: Mapping[str, float] = field(default_factory=dict)
    found_by: tuple[str, ...] = ()
    parts: tuple[StudyPart, ...] = ()

    def _at(self, now: float) -> ProgressView:
        """The state some time later."""
        passed = max(0.0, now - self.heard) if self.underway else 0.0
        if self.activity is not None and self.activity.now.name == START_NETWORKS:
            return replace(self, heard=now, starting=self.starting + passed)
        return replace(self, heard=now, busy=self.busy + passed)

    @property
    def incumbent(self) -> Mapping[str, float]:
        """The best weights so far."""
        if self.combination is not None:
            return self.combination.chosen
        begun = self.parts[-1].finished if self.parts else None
        chosen = {stage.varied: stage.chosen for stage in self.present_part.stages}
        return {**(begun.incumbent_weights if begun else self.plan.weights), **chosen}

    @property
    def present_part(self) -> StudyPart:
        """What the study did since it went on last, or from its beginning."""
        new = (number for number in sorted(self.stages) if number > self.plan.steps_before)
        stages = tuple(self.stages[number] for number in new)
        return StudyPart(stages, self.combination, self.finished)

    @property
    def baseline(self) -> tuple[TrialResult, ...]:
        """The results of the baseline so far."""
        return tuple(r for r in self.results.values() if r.trial.role == "baseline")

    @property
    def noise_is_known(self) -> bool:
        """Whether the baseline is complete and its noise is measured."""
        trained = {result.trial.seed for result in self.baseline}
        return self.noise is not None and trained >= set(self.plan.baseline_seeds)

    def resumed_with(
        self,
        results: Iterable[TrialResult],
        stages: Iterable[StageResult],
        combination: CombinationResult | None = None,
        parts: tuple[StudyPart, ...] = (),
    ) -> ProgressView:
        """The state with the results of an earlier run added."""
        found = {**self.results, **{result.trial.number: result for result in results}}
        judged = {**self.stages, **{stage.number: stage for stage in stages}}
        noise = measure_noise(self.plan.weights, found.values())
        if combination is None or combination.number <= self.plan.steps_before:
            combination = self.combination
        here = replace(self, results=found, stages=judged, combination=combination)
        return replace(here, noise=noise, parts=parts or self.parts)

    def told(self, update: ProgressUpdate, now: float) -> ProgressView:
        """The state after news that are not recorded."""
        here = self._at(now)
        if not isinstance(update, Activity):
            # A step comes after everything else, also where threads tell in another order.
            return _with_steps(replace(here, activity=None), update.number, update.step, None, now)
        return replace(
            here,
            activity=ActivityView.after(here.activity, update, now, here.paces.get(update.name)),
            started=here.started + _new_starts(here, update),
            paces={**here.paces, **pace_of(here.activity, update, now)},
        )

    def after(self, event: Event, now: float) -> ProgressView:
        """The state after an event."""
        here = self._at(now)
        match event:
            case StudyOpened():
                symptom, unit = str(event.spec.get("symptom", "")), ScoreUnit.of(event.spec)
                told = replace(here, symptom=symptom, spec=event.spec, unit=unit)
                return replace(told, underway={}, finished=None)
            case TrainingPrepared():
                notices = tuple(dict.fromkeys((*here.notices, *event.notices)))
                scripted = event.facts.get("trainer") in SCRIPTED
                return replace(
                    here,
                    notices=notices,
                    remarks=tuple(dict.fromkeys((*here.remarks, *event.remarks))),
                    facts=event.facts,
                    busy=0.0,
                    work=0.0,
                    scripted=scripted,
                )
            case StageFinished(stage=stage):
                return replace(here, stages={**here.stages, stage.number: stage})
            case CombinationFinished(combination=combination):
                return replace(here, combination=combination)
            case StudyFinished():
                noise = event.noise or here.noise
                return replace(here, finished=event, noise=noise, underway={}, activity=None)
            case _:
                return _trained(here, event, now)


def _trained(here: ProgressView, event: Event, now: float) -> ProgressView:
    """What events change that happen while trials are trained."""
    match event:
        case TrialStarted(trial=trial):
            began = now if here.scripted else None
            started = RunningView(trial, heard=now, began=began)
            return replace(here, underway={**here.underway, trial.number: started})
        case CurvePoint():
            score = event.values.get(SCORE)
            return _with_steps(here, event.number, event.step, score, now)
        case TrialFinished(result=result):
            return _with_result(here, result)
        case FileMended(sentence=sentence):
            return replace(here, notices=tuple(dict.fromkeys((*here.notices, sentence))))
        case _:
            return here


def _new_starts(here: ProgressView, told: Activity) -> int:
    """How many networks to start from were completed: one for each seed that is new."""
    if told.name != START_NETWORKS or told.done < told.total or here.activity is None:
        return 0
    known = {result.trial.seed for result in here.results.values()}
    return len({trial.trial.seed for trial in here.underway.values()} - known)


def _with_steps(
    here: ProgressView, number: int, step: int, score: float | None, now: float
) -> ProgressView:
    before = here.underway.get(number)
    if before is None:
        return here
    after = replace(
        before,
        step=max(before.step, step),
        score=before.score if score is None else score,
        began=now if before.began is None else before.began,
        heard=now,
    )
    work = here.work + after.share - before.share
    return replace(here, underway={**here.underway, number: after}, work=work)


def _with_result(here: ProgressView, result: TrialResult) -> ProgressView:
    number = result.trial.number
    before = here.underway.get(number)
    others = {key: trial for key, trial in here.underway.items() if key != number}
    # A training without a score ended early, so it does not count in the pace.
    whole = before is not None and result.score is not None
    work = here.work + (1.0 - before.share if before and whole else 0.0)
    results = {**here.results, number: result}
    noise = measure_noise(here.plan.weights, results.values())
    return replace(here, underway=others, results=results, noise=noise, work=work)
