"""What Optuna has no public form for, and its samplers need."""

# ruff: noqa: SLF001 - that is what this file is for

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial

from tuner.results import Trial
from tuner.search.optuna_trials import asked_of


def asked_now(study: Study, trial: FrozenTrial) -> Trial | None:
    """What a trial was asked to train, as the storage has it now; None where it was not asked."""
    return asked_of(study._storage.get_trial(trial._trial_id))


def write_down(study: Study, trial: FrozenTrial, attributes: Mapping[str, Any]) -> None:
    """Writes attributes where they are kept, and into the copy that the objective will see."""
    for name, value in attributes.items():
        trial.set_user_attr(name, value)
        study._storage.set_trial_user_attr(trial._trial_id, name, value)


def identity_of(study: Study) -> tuple[BaseStorage, int]:
    """What tells a study from all others."""
    return study._storage, study._study_id


def can_be_stopped(study: Study) -> bool:
    """Whether `study.optimize` runs in this thread; elsewhere `study.stop()` is refused."""
    return bool(study._thread_local.in_optimize_loop)


def holds(distribution: BaseDistribution, value: float) -> bool:
    """Whether a distribution has a value."""
    try:
        return distribution._contains(distribution.to_internal_repr(value))
    except ValueError:  # not among the choices of a categorical distribution
        return False
