"""Where a run stands: its events, folded into one record that nobody edits.

Being frozen, it can be drawn by one thread while another takes in the next event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tuner.events import (
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
from tuner.results import CombinationResult, Noise, StageResult, Trial, TrialResult
from tuner.spec.plan import Plan
from tuner.statistics import measure_noise

SCORE = "heldout/score"


@dataclass(frozen=True)
class RunningView:
    """A trial that was started and has not ended.

    Attributes:
        score: The latest score of the held-out photos; None before the first.
        began: When its first numbers came; None while it waits for its turn.
        heard: When its latest numbers came.
    """

    trial: Trial
    step: int = 0
    score: float | None = None
    began: float | None = None
    heard: float = 0.0

    @property
    def share(self) -> float:
        """How much of it is trained, in [0, 1]."""
        return min(1.0, self.step / max(1, self.trial.steps))


@dataclass(frozen=True)
class ProgressView:
    """A run up to now; all times are readings of one clock, in seconds.

    Attributes:
        began: When the display was opened.
        heard: When the latest event came.
        underway: Trials that are being trained or wait for their turn, by number.
        results: Trials that ended, by number, those of earlier runs included.
        stages: Judged stages, by number.
        combination: What moving several weights at once gave; None before it was judged.
        noise: As far as it can be measured by now.
        notices: What the user was already told to notice.
        busy: How long anything was being trained since the preparations ended.
        work: How many trainings that was, parts of trainings included.
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
        """The trainings of the start weights that the study begins with, as far as they ended."""
        return tuple(r for r in self.results.values() if r.trial.role == "baseline")

    @property
    def noise_is_known(self) -> bool:
        """Whether the baseline is complete and has given a noise."""
        trained = {result.trial.seed for result in self.baseline}
        return self.noise is not None and trained >= set(self.plan.baseline_seeds)

    def resumed_with(
        self,
        results: Iterable[TrialResult],
        stages: Iterable[StageResult],
        combination: CombinationResult | None = None,
    ) -> ProgressView:
        """The same, after an earlier run found these."""
        found = {**self.results, **{result.trial.number: result for result in results}}
        judged = {**self.stages, **{stage.number: stage for stage in stages}}
        noise = measure_noise(self.plan.weights, found.values())
        combination = combination or self.combination
        return replace(self, results=found, stages=judged, combination=combination, noise=noise)

    def after(self, event: Event, now: float) -> ProgressView:
        """The same, one event later."""
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
    # A training without a score was cut short, so it says nothing about how long others take.
    whole = before is not None and result.score is not None
    work = here.work + (1.0 - before.share if before and whole else 0.0)
    results = {**here.results, number: result}
    noise = measure_noise(here.plan.weights, results.values())
    return replace(here, underway=others, results=results, noise=noise, work=work)
