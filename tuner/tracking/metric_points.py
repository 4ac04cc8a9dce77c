"""The numbers that an entry of the journal has for MLflow's charts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tuner.guide.golden_rule import RATIO
from tuner.journal.journal_file import Entry
from tuner.reporting.guardrails import change_interval
from tuner.results import CombinationResult, Comparison, Noise, StageResult, TrialResult
from tuner.results.events import (
    OF_THE_STUDY,
    BaselineFinished,
    CombinationFinished,
    CurvePoint,
    StageFinished,
    StudyFinished,
    TrialFinished,
)
from tuner.spec.base import tidy

HELDOUT, AT_THE_END = "heldout/", "summary/"
"""MLflow sorts charts by these names, so curves come before what is measured once."""

Named = list[tuple[str, float, int]]
"""Key, value and step of numbers."""


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One number of a curve: what `mlflow.entities.Metric` holds, times in milliseconds."""

    key: str
    value: float
    at: int
    step: int


def metric_points(entry: Entry) -> Iterator[tuple[int, MetricPoint]]:
    """The numbers of an entry, each with the number of its trial, or `OF_THE_STUDY`."""
    at = milliseconds(entry.at)
    match entry.event:
        case CurvePoint(number=number, step=step, values=values):
            named = [(key, value, step) for key, value in values.items()]
        case TrialFinished(result=result):
            number, named = result.trial.number, _outcome(result)
        case BaselineFinished(noise=noise):
            number, named = OF_THE_STUDY, _noise(noise, 0)
        case StageFinished(stage=stage, noise=noise):
            number, named = OF_THE_STUDY, [*_after_stage(stage), *_noise(noise, stage.number)]
        case CombinationFinished(combination=combination, noise=noise):
            number = OF_THE_STUDY
            named = [*_after_combination(combination), *_noise(noise, combination.number)]
        case StudyFinished(confirmation=claim) if claim is not None:
            number, named = OF_THE_STUDY, _claim(claim)
        case _:
            return
    for key, value, step in named:
        yield number, MetricPoint(key, tidy(value), at, step)


def _outcome(result: TrialResult) -> Named:
    score = [] if result.score is None else [("score", result.score)]
    measures = [
        (f"{AT_THE_END if name == RATIO else HELDOUT}{name}", value)
        for name, value in result.measures.items()
    ]
    numbers = [*score, *measures, (f"{AT_THE_END}seconds", result.seconds)]
    return [(key, value, result.trial.steps) for key, value in numbers]


def _after_stage(stage: StageResult) -> Named:
    """The incumbent's mean score after each stage; step 0 is the start of the first."""
    means = dict(stage.tried)
    steps = [(0, stage.start)] if stage.number == 1 else []
    return [
        ("incumbent/score", score, step)
        for step, value in (*steps, (stage.number, stage.chosen))
        if (score := means.get(value)) is not None
    ]


def _after_combination(combination: CombinationResult) -> Named:
    """The incumbent's mean score after several weights were moved."""
    comparison = combination.comparison
    if comparison is None:
        return []
    moved = dict(combination.chosen) != dict(combination.start)
    score = comparison.after if moved else comparison.before
    return [("incumbent/score", score, combination.number)]


def _noise(noise: Noise | None, step: int) -> Named:
    return [] if noise is None else [("noise/sd", noise.sd, step)]


def _claim(claim: Comparison) -> Named:
    numbers = {"gain": claim.gain, "low": claim.low, "high": claim.high}
    if claim.other_photos is not None:
        beyond = claim.other_photos
        numbers |= {"other_photos_low": beyond.low, "other_photos_high": beyond.high}
    for check in claim.guardrails:
        low, high = change_interval(check)
        change = {"": check.after - check.before, "_low": low, "_high": high}
        numbers |= {f"{check.metric}_change{end}": value for end, value in change.items()}
    return [(f"confirmation/{k}", value, 0) for k, value in numbers.items() if value is not None]


def milliseconds(at: float) -> int:
    """MLflow's time of a journal's time."""
    return round(at * 1000)
