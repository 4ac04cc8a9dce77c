"""The trials of a study that many workers share: Optuna, in a database.

The worker that finished a trial replays the procedure and opens the trials that are missing; an
idle worker takes an open trial that no living worker has. A trial whose worker died keeps its
number and its seed, and another worker takes it up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from tuner.errors import StudyChanged
from tuner.journal.other_version import of_another_version
from tuner.results import Trial, TrialResult
from tuner.search.optuna_tell import tell
from tuner.search.optuna_trials import add_trial, as_open, asked_of, stored_trial
from tuner.search.procedure import Step
from tuner.search.result_cache import training_key
from tuner.search.sampler import OneWeightAtATimeSampler
from tuner.search.stored_trials import StoredTrials
from tuner.search.trials_ahead import trials_ahead
from tuner.spec.plan import Plan

LIKELY = 4
"""Number of likely trials that are offered to idle workers."""


@dataclass(frozen=True, slots=True)
class OpenTrials:
    """What can be trained in a study.

    Attributes:
        unfinished: Numbers of the trials that have no result in Optuna.
        likely: Trials that no worker has begun, and that are only likely to be needed next.
    """

    unfinished: Collection[int]
    likely: Sequence[Trial]


@dataclass(frozen=True, slots=True)
class LeasedTrial:
    """A trial that is this worker's to train.

    Attributes:
        deaths: How often a worker has died with it.
    """

    trial: Trial
    deaths: int


class SharedTrials:
    """The trials of one study.

    All methods may be called again where the database went away meanwhile; they raise what
    SQLAlchemy raises. Where a method says so, only one worker may call it at a time.

    Args:
        plan: What will be tried.
        storage: Optuna's, of a database that has its tables; all studies of a process share one.
    """

    def __init__(self, plan: Plan, storage: BaseStorage) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)  # Optuna would log every retry
        self.plan = plan
        self.sampler = OneWeightAtATimeSampler.of_plan(plan)
        self._storage = storage
        with _plainly():
            self.study = optuna.create_study(
                storage=self._storage,
                study_name=plan.study,
                sampler=self.sampler,
                direction="minimize",
                load_if_exists=True,
            )
        self._read = StoredTrials(StudyDirection.MINIMIZE)

    def open_missing(self, step: Step) -> OpenTrials:
        """Opens the trials that are missing; no two workers may do so at once."""
        with _plainly():
            stored = self.study.get_trials(deepcopy=False)
            self._read.read(stored)
        there = self._read.first_of_each()
        unfinished = [number for number in there.values() if not stored[number].state.is_finished()]
        if step.result is not None:
            return OpenTrials(unfinished, ())
        missing = [asked for asked in step.missing if training_key(asked) not in there]
        begun = there.keys() | {training_key(asked) for asked in missing}
        ahead = trials_ahead(self.plan, step.missing, self._read.results)
        likely = {training_key(one): one for one in ahead if training_key(one) not in begun}
        opened = [self.open(one) for one in missing]
        return OpenTrials([*unfinished, *opened], [*likely.values()][:LIKELY])

    def open(self, asked: Trial) -> int:
        """Writes a trial down as a whole or not at all; returns its number.

        No two workers may do so at once.
        """
        with _plainly():
            waiting = as_open(asked, TrialState.WAITING, self.sampler.distributions())
            return add_trial(self.study, waiting)

    def take(self, deaths: Mapping[int, int]) -> list[LeasedTrial]:
        """Begins trials that this worker has leased.

        Args:
            deaths: How often a worker has died with each, by number.
        """
        with _plainly():
            stored = self.study.get_trials(deepcopy=False)
            return [self._begin(stored[number], died) for number, died in deaths.items()]

    def tell(self, result: TrialResult) -> None:
        """Writes how a trial ended; only the first call counts."""
        with _plainly():
            tell(self.study, stored_trial(self.study, result.trial.number), result)

    def _begin(self, one: FrozenTrial, deaths: int) -> LeasedTrial:
        asked = asked_of(one)
        assert asked is not None, "what is open was asked for"
        if one.state == TrialState.WAITING:
            self._storage.set_trial_state_values(one._trial_id, TrialState.RUNNING)  # noqa: SLF001 - no public form
        return LeasedTrial(asked, deaths)


@contextmanager
def _plainly() -> Iterator[None]:
    """Raises what went wrong in the database, without Optuna's wrapping.

    Raises:
        StudyChanged: The study was removed meanwhile.
        StorageError: Another version of the tuner has written a trial.
    """
    try:
        yield
    except ValidationError as error:
        raise of_another_version("a trial", error) from error
    except KeyError as error:
        raise StudyChanged(f"the study is not in the storage any more ({error})") from error
    except StorageInternalError as error:
        if isinstance(error.__cause__, SQLAlchemyError):
            raise error.__cause__ from None
        raise
