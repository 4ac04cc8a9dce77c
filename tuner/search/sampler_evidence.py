"""Which stored trials are measurements, and which are still being trained.

Optuna marks a trial as failed for many reasons. Only a failure that the objective itself has
brought about says something about the weights; after any other the trial is asked for again.
"""

from __future__ import annotations

import inspect
import os
import socket
from collections.abc import Sequence

import psutil
from optuna.trial import FrozenTrial, TrialState

from tuner.errors import is_lack_of_memory
from tuner.search.optuna_trials import REASON, asked_of
from tuner.search.result_cache import training_key

PROCESS = "process"
"""User attribute that names the process that asked for a trial."""

ATTEMPTS = 3
"""Trainings of the same weights and seed; where all run out of memory, they count as diverged."""


def this_process() -> list[str | int | float]:
    """Names this process, unlike all others of all machines: host, number, and start."""
    return [socket.gethostname(), os.getpid(), psutil.Process().create_time()]


def is_orphan(trial: FrozenTrial) -> bool:
    """Whether a trial is running in a process of this machine that has ended."""
    told = trial.user_attrs.get(PROCESS)
    if trial.state != TrialState.RUNNING or not isinstance(told, list) or len(told) != 3:  # noqa: PLR2004
        return False
    host, number, began = told
    if host != socket.gethostname():
        return False
    try:
        return bool(psutil.Process(int(number)).create_time() != began)
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


def is_no_measurement(trial: FrozenTrial) -> bool:
    """Whether a trial failed for a reason that says nothing about its weights."""
    return trial.state == TrialState.FAIL and REASON not in trial.user_attrs


def failure_of(trial: FrozenTrial, stored: Sequence[FrozenTrial]) -> str:
    """Why a trial that failed just now counts as diverged; empty where it does not.

    Args:
        stored: All trials of the study.
    """
    error = _raised()
    if error is None:
        return "its value is not finite"
    if isinstance(error, KeyboardInterrupt):
        return ""
    if is_lack_of_memory(error):
        same = [one for one in stored if _is_same(one, trial) and is_no_measurement(one)]
        return f"out of memory, {ATTEMPTS} times" if len(same) + 1 >= ATTEMPTS else ""
    return f"its objective raised {type(error).__name__}: {error}"[:300]


def _is_same(one: FrozenTrial, other: FrozenTrial) -> bool:
    asked, wanted = asked_of(one), asked_of(other)
    return bool(asked and wanted and training_key(asked) == training_key(wanted))


def _raised() -> BaseException | None:
    """What the objective raised; Optuna tells a sampler only that the trial failed."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_name != "_run_trial":
        frame = frame.f_back
    return frame.f_locals.get("func_err") if frame else None
