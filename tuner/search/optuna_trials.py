"""Converts trials and results to Optuna's stored trials, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite, nan
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial
from optuna.trial import Trial as OptunaTrial

from tuner.results import Evaluation, Status, Trial, TrialResult

ASKED = "trial"
"""User attribute with the whole trial as it was asked for."""

REASON = "reason"
"""User attribute that says why a trial diverged, was rejected or pruned.

A trial that failed without it was interrupted, and is no result.
"""

GUARDRAIL = "guardrail"
"""Constraint that a rejected trial breaks."""


def attributes_of(asked: Trial) -> dict[str, Any]:
    """User attributes of a trial, in the order in which they are written.

    The whole trial comes last: where it is there, everything is there.
    """
    return {
        "role": asked.role,
        "stage": asked.stage,
        "seed": asked.seed,
        ASKED: asked.model_copy(update={"number": -1}).model_dump(mode="json"),  # Optuna has it
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
    if trial.state == TrialState.FAIL and REASON not in trial.user_attrs:
        return None  # interrupted, or its process was killed
    status, score = _outcome(trial, direction)
    return TrialResult(
        trial=asked,
        status=status,
        score=score,
        reason=str(trial.user_attrs.get(REASON, "")),
        evaluations=tuple(_evaluations(trial, direction)),
    )


def _outcome(trial: FrozenTrial, direction: StudyDirection) -> tuple[Status, float | None]:
    if trial.state == TrialState.PRUNED:
        return "pruned", None
    if trial.state != TrialState.COMPLETE or trial.value is None or not isfinite(trial.value):
        return "diverged", None
    feasible = all(value <= 0 for value in trial.constraints.values())
    return "complete" if feasible else "rejected", _lower(trial.value, direction)


def _evaluations(trial: FrozenTrial, direction: StudyDirection) -> Iterator[Evaluation]:
    """Evaluations of a trial; they are used to forecast trials that ended early."""
    for step, value in sorted(trial.intermediate_values.items()):
        yield Evaluation(
            step=step, score=_lower(value, direction), ab_slope=nan
        )  # which is not stored


def _lower(value: float, direction: StudyDirection) -> float:
    """A value as a score, which is lower when it is better."""
    return -value if direction == StudyDirection.MAXIMIZE else value


def as_stored(result: TrialResult, distributions: Mapping[str, BaseDistribution]) -> FrozenTrial:
    """A result as Optuna would have stored it; the inverse of `result_of`."""
    reason = {REASON: result.reason} if result.reason or result.status == "diverged" else {}
    return create_trial(
        state=_state(result),
        value=result.score,
        intermediate_values={one.step: one.score for one in result.evaluations},
        params=dict(result.trial.weights),
        distributions=dict(distributions),
        user_attrs={**attributes_of(result.trial), **reason},
        constraints={GUARDRAIL: 1.0} if result.status == "rejected" else None,
    )


def _state(result: TrialResult) -> TrialState:
    if result.status == "pruned":
        return TrialState.PRUNED
    return TrialState.FAIL if result.score is None else TrialState.COMPLETE


def as_open(
    asked: Trial, state: TrialState, distributions: Mapping[str, BaseDistribution]
) -> FrozenTrial:
    """A trial that has no result yet, as Optuna stores it."""
    return create_trial(
        state=state,
        params=dict(asked.weights),
        distributions=dict(distributions),
        user_attrs=attributes_of(asked),
    )


def add_trial(study: Study, trial: FrozenTrial) -> int:
    """Stores a trial as a whole or not at all; returns its number."""
    storage = study._storage  # noqa: SLF001 - Study.add_trial tells no number
    added = storage.create_new_trial(study._study_id, trial)  # noqa: SLF001 - the same
    return storage.get_trial_number_from_id(added)


def stored_trial(study: Study, number: int) -> OptunaTrial:
    """The handle of one trial, by its number; other trials are not read for it."""
    storage, study_id = study._storage, study._study_id  # noqa: SLF001 - no public form
    found = storage.get_trial_id_from_study_id_trial_number(study_id, number)
    return OptunaTrial(study, found)
