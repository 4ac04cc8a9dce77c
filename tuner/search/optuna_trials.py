"""What is written down with a trial in Optuna, and how it is read again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite, nan
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from tuner.results import Evaluation, Status, Trial, TrialResult
from tuner.search.result_cache import Train, training_key

ASKED = "trial"
"""User attribute with the whole trial as it was asked for."""

REASON = "reason"
"""User attribute that says why a trial diverged, was rejected or pruned."""

GUARDRAIL = "guardrail"
"""Constraint that a rejected trial breaks."""


class Pending(Exception):
    """The course of a study needs trials that have no result yet."""

    def __init__(self, trials: Sequence[Trial]) -> None:
        super().__init__(f"{len(trials)} trials have no result yet")
        self.trials = tuple(trials)


def attributes_of(asked: Trial) -> dict[str, Any]:
    """User attributes of a trial, in the order in which they are written.

    The whole trial comes last: where it is there, everything is there.
    """
    return {
        "role": asked.role,
        "stage": asked.stage,
        "seed": asked.seed,
        ASKED: asked.model_dump(mode="json"),
    }


def asked_of(trial: FrozenTrial) -> Trial | None:
    """What a stored trial was asked to train; None where the sampler did not ask."""
    stored = trial.user_attrs.get(ASKED)
    return None if stored is None else Trial(**{**stored, "number": trial.number})


def result_of(trial: FrozenTrial, direction: StudyDirection) -> TrialResult | None:
    """The result of a stored trial, lower scores being better; None while it has none."""
    asked = asked_of(trial)
    if asked is None or not trial.state.is_finished():
        return None
    status, score = _outcome(trial, direction)
    return TrialResult(
        trial=asked,
        status=status,
        score=score,
        reason=str(trial.user_attrs.get(REASON, "")),
        looks=tuple(_looks(trial, direction)),
    )


def _outcome(trial: FrozenTrial, direction: StudyDirection) -> tuple[Status, float | None]:
    if trial.state == TrialState.PRUNED:
        return "pruned", None
    if trial.state != TrialState.COMPLETE or trial.value is None or not isfinite(trial.value):
        return "diverged", None
    feasible = all(value <= 0 for value in trial.constraints.values())
    return "complete" if feasible else "rejected", _lower(trial.value, direction)


def _looks(trial: FrozenTrial, direction: StudyDirection) -> Iterator[Evaluation]:
    """How the trial did on its way, which forecasts those that left before their end."""
    for step, value in sorted(trial.intermediate_values.items()):
        yield Evaluation(
            step=step, score=_lower(value, direction), ab_slope=nan
        )  # which is not stored


def _lower(value: float, direction: StudyDirection) -> float:
    """A value as a score, which is lower when it is better."""
    return -value if direction == StudyDirection.MAXIMIZE else value


def as_stored(result: TrialResult, distributions: Mapping[str, BaseDistribution]) -> FrozenTrial:
    """A result as Optuna would have stored it; the inverse of `result_of`."""
    reason = {REASON: result.reason} if result.reason else {}
    return create_trial(
        state=_state(result),
        value=result.score,
        intermediate_values={look.step: look.score for look in result.looks},
        params=dict(result.trial.weights),
        distributions=dict(distributions),
        user_attrs={**attributes_of(result.trial), **reason},
        constraints={GUARDRAIL: 1.0} if result.status == "rejected" else None,
    )


def _state(result: TrialResult) -> TrialState:
    if result.status == "pruned":
        return TrialState.PRUNED
    return TrialState.FAIL if result.score is None else TrialState.COMPLETE


def look_up(stored: Sequence[FrozenTrial], direction: StudyDirection) -> Train:
    """Hands the course what is stored; raises `Pending` where something is missing."""
    results = [result_of(trial, direction) for trial in stored]
    found = {training_key(result.trial): result for result in results if result is not None}

    def train(trials: Sequence[Trial]) -> list[TrialResult]:
        missing = [trial for trial in trials if training_key(trial) not in found]
        if missing:
            raise Pending(missing)
        return [found[training_key(trial)] for trial in trials]

    return train
