"""The progress of a run: its events, folded into one frozen record.

As it is frozen, one thread can draw it while another one handles the next event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tuner.results import CombinationResult, Noise, StageResult, Trial, TrialResult
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
from tuner.results.statistics import measure_noise
from tuner.spec.plan import Plan

SCORE = "heldout/score"


@dataclass(frozen=True)
class RunningView:
    """A trial that was started and has not ended.

    Attributes:
        score: The latest score of the held-out photos; None before the first.
        began: Time of its first numbers; None while it waits for its turn.
        heard: Time of its latest numbers.
    """

    trial: Trial
    step: int = 0
    score: float | None = None
    began: float | None = None
    heard: float = 0.0

    @property
    def share(self) -> float:
        """The trained part, in [0, 1]."""
        return min(1.0, self.step / max(1, self.trial.steps))


@dataclass(frozen=True)
class ProgressView:
    """The state of a run; all times are in seconds of one clock.

    Attributes:
        began: Time when the display was opened.
        heard: Time of the latest event.
        underway: Trials that are in training or wait for their turn, by number.
        results: Trials that ended, by number, those of earlier runs included.
        stages: Judged stages, by number.
        combination: The result of moving several weights at once; None before it is judged.
        noise: As measured so far.
        notices: Notices that were shown already.
        busy: Seconds in which anything was in training since the preparations ended.
        work: Trainings done in that time, parts of trainings included.
    """

    plan: Plan
    began: float
    heard: float
    symptom: str = ""
    underway: Mapping[int, RunningView] = field(default_factory=dict)
    results: Mapping[int, TrialResult] = field(default_factory=dict)
    stages: Mapping[int, StageResult] = field(default_factory=dict)
    combination: CombinationResult | None = None
    noise: Noise | None = None
    notices: tuple[str, ...] = ()
    finished: StudyFinished | None = None
    busy: float = 0.0
    work: float = 0.0

    @property
    def incumbent(self) -> Mapping[str, float]:
        """The best weights so far."""
        if self.combination is not None:
            return self.combination.chosen
        chosen = {s.varied: s.chosen for _, s in sorted(self.stages.items())}
        return {**self.plan.weights, **chosen}

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
    ) -> ProgressView:
        """The state with the results of an earlier run added."""
        found = {**self.results, **{result.trial.number: result for result in results}}
        judged = {**self.stages, **{stage.number: stage for stage in stages}}
        noise = measure_noise(self.plan.weights, found.values())
        combination = combination or self.combination
        return replace(self, results=found, stages=judged, combination=combination, noise=noise)

    def after(self, event: Event, now: float) -> ProgressView:
        """The state after an event."""
        passed = max(0.0, now - self.heard) if self.underway else 0.0
        here = replace(self, heard=now, busy=self.busy + passed)
        match event:
            case StudyOpened():
                symptom = str(event.spec.get("symptom", ""))
                return replace(here, symptom=symptom, underway={}, finished=None)
            case TrainingPrepared():
                notices = tuple(dict.fromkeys((*here.notices, *event.notices)))
                return replace(here, notices=notices, busy=0.0, work=0.0)
            case StageFinished(stage=stage):
                return replace(here, stages={**here.stages, stage.number: stage})
            case CombinationFinished(combination=combination):
                return replace(here, combination=combination)
            case StudyFinished():
                noise = event.noise or here.noise
                return replace(here, finished=event, noise=noise, underway={})
            case _:
                return _trained(here, event, now)


def _trained(here: ProgressView, event: Event, now: float) -> ProgressView:
    """What events change that happen while trials are trained."""
    match event:
        case TrialStarted(trial=trial):
            started = RunningView(trial, heard=now)
            return replace(here, underway={**here.underway, trial.number: started})
        case CurvePoint():
            return _with_point(here, event, now)
        case TrialFinished(result=result):
            return _with_result(here, result)
        case FileMended(sentence=sentence):
            return replace(here, notices=tuple(dict.fromkeys((*here.notices, sentence))))
        case _:
            return here


def _with_point(here: ProgressView, event: CurvePoint, now: float) -> ProgressView:
    before = here.underway.get(event.number)
    if before is None:
        return here
    after = replace(
        before,
        step=max(before.step, event.step),
        score=event.values.get(SCORE, before.score),
        began=now if before.began is None else before.began,
        heard=now,
    )
    work = here.work + after.share - before.share
    return replace(here, underway={**here.underway, event.number: after}, work=work)


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
