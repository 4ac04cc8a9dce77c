"""Writes the end of a trial into Optuna; writing it again changes nothing."""

from __future__ import annotations

from contextlib import suppress

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from tuner.results import TrialResult
from tuner.search.optuna_trials import GUARDRAIL, REASON


def tell(study: optuna.Study, opened: optuna.trial.Trial, result: TrialResult) -> None:
    """Writes the end of a trial, also where an earlier call was interrupted."""
    with suppress(UpdateFinishedTrialError):  # another process has written it meanwhile
        _tell(study, opened, result)


def _tell(study: optuna.Study, opened: optuna.trial.Trial, result: TrialResult) -> None:
    stored = opened.storage.get_trial(opened._trial_id)  # noqa: SLF001 - no public form
    if stored.state.is_finished():
        return
    if result.reason or result.status == "diverged":
        opened.set_user_attr(REASON, result.reason)
    if result.status == "rejected" and GUARDRAIL not in opened.constraints:
        opened.set_constraint(GUARDRAIL, 1.0)
    for one in result.evaluations:
        if one.step not in stored.intermediate_values:
            opened.report(one.score, one.step)
    if result.score is None:
        ended = TrialState.PRUNED if result.status == "pruned" else TrialState.FAIL
        study.tell(opened, state=ended, skip_if_finished=True)
    else:
        study.tell(opened, result.score, skip_if_finished=True)
