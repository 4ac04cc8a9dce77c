"""Chooses what `study.optimize` trains next, where processes may share the study."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from optuna import Study
from optuna.trial import FrozenTrial

from tuner.results import Trial
from tuner.search.optuna_private import identity_of
from tuner.search.optuna_trials import asked_of, results_of
from tuner.search.procedure import Step, replay
from tuner.search.result_cache import training_key
from tuner.search.sampler_evidence import is_no_measurement, is_orphan
from tuner.search.trials_ahead import start_on, trials_ahead
from tuner.spec.plan import Plan


class NextTrial:
    """What is missing, then what will probably be needed, then what others may have left.

    Args:
        plan: What will be tried.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._own = frozenset[int]()  # the trials that were chosen here
        self._latest: tuple[object, tuple[Trial, ...]] | None = None  # Optuna often asks twice

    def choose(self, study: Study, trial: FrozenTrial) -> Trial:
        """What a trial of Optuna trains; the call is remembered."""
        asked = self._next(study, trial).model_copy(update={"number": trial.number})
        self._own |= {trial.number}
        return asked

    def _next(self, study: Study, trial: FrozenTrial) -> Trial:
        stored = study.get_trials(deepcopy=False)
        valid = [one for one in stored if not is_no_measurement(one) and not is_orphan(one)]
        taken = _keys(valid)
        own = _keys(one for one in valid if one.number in self._own or one.state.is_finished())
        pending = self._pending(study, stored)
        wanted = chain(pending, trials_ahead(self._plan, pending, stored, study.direction))
        # At last what others train: the process that began it may have been killed.
        again = (asked for asked in pending if training_key(asked) not in own)
        seed = self._plan.confirm_seeds[-1] + 1 + trial.number
        unused = start_on(self._plan, seed, self._plan.steps, "baseline")
        fresh = (asked for asked in wanted if training_key(asked) not in taken)
        return next(chain(fresh, again), unused)

    def _pending(self, study: Study, stored: Sequence[FrozenTrial]) -> tuple[Trial, ...]:
        """What is missing, looked up again only after another trial has ended."""
        ended = sum(trial.state.is_finished() for trial in stored)
        state = (*identity_of(study), ended)
        if self._latest is None or self._latest[0] != state:
            self._latest = state, step_of(self._plan, study).missing
        return self._latest[1]


def step_of(plan: Plan, study: Study) -> Step:
    """Where the procedure stands with the trials that a study of Optuna holds.

    Raises:
        TrainerError: The start weights diverged on every seed.
    """
    return replay(plan, results_of(study.get_trials(deepcopy=False), study.direction))


def _keys(stored: Iterable[FrozenTrial]) -> set[object]:
    return {training_key(asked) for one in stored if (asked := asked_of(one)) is not None}
