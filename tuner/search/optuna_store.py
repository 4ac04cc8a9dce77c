"""Where the trials of a study are kept: Optuna, in memory or in a database.

`TrialStore.train` is what the course calls to get results. It returns what is stored,
asks Optuna for a trial where nothing is, has it trained, and tells Optuna. A trial that a
killed process left behind is taken up again under its own number, so every trial that was
planned is there once, whatever happened in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, InMemoryStorage, RDBStorage
from optuna.trial import TrialState, create_trial
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from tuner.errors import StorageError
from tuner.results import RunningTrial, Trial, TrialResult
from tuner.search.connections import connect_args
from tuner.search.optuna_tell import tell
from tuner.search.optuna_trials import as_stored, asked_of, result_of
from tuner.search.pruner import clearly_behind
from tuner.search.result_cache import training_key
from tuner.search.sampler import OneWeightAtATimeSampler
from tuner.spec.plan import Plan

TrialStorage = BaseStorage
"""Optuna's, of all studies in a database."""

Evaluate = Callable[[Sequence[Trial]], Sequence[TrialResult]]


class TrialStore:
    """The trials of one study, in Optuna.

    Args:
        plan: What will be tried.
        evaluate: Trains a list of trials, each with its number, and returns their results.
        url: A database, such as `sqlite:///tuner.db`; None keeps the trials in memory.
        make_ready: Is called before anything is asked for that has to be trained, so that what
            cannot be trained is refused before it leaves a trace.
        known: Results by trial number that the journal has; what Optuna was not told of, or
            has lost with its database, it is told from there.

    Raises:
        StorageError: The database cannot be opened or written.
    """

    def __init__(
        self,
        plan: Plan,
        evaluate: Evaluate,
        url: str | None = None,
        known: Mapping[int, TrialResult] | None = None,
        make_ready: Callable[[], object] = lambda: None,
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._plan = plan
        self._evaluate = evaluate
        self._make_ready = make_ready
        self._known = dict(known or {})
        self.sampler = OneWeightAtATimeSampler.of_plan(plan)
        self._url = url
        storage = open_storage(url)
        with _refusing(url):
            self.study = optuna.create_study(
                storage=storage,
                study_name=plan.study,
                sampler=self.sampler,
                direction="minimize",
                load_if_exists=True,
            )
            self._add_what_was_lost()
            self._left_behind = self._take_up()
            self._finished = self._read()

    def train(self, trials: Sequence[Trial]) -> list[TrialResult]:
        """Results of all trials, in order; those that have none are trained now."""
        missing = [trial for trial in trials if training_key(trial) not in self._finished]
        if missing:
            self._train_missing(missing)
        return [self._finished[training_key(trial)] for trial in trials]

    def prune(self, contenders: Sequence[RunningTrial]) -> Mapping[int, str]:
        """Which of the trials that are being trained leave, by number, with the reason."""
        if not self._plan.prune:
            return {}
        return clearly_behind(contenders, self.results, self._plan.weights)

    @property
    def results(self) -> tuple[TrialResult, ...]:
        """Every finished trial, in the order of their numbers."""
        return tuple(sorted(self._finished.values(), key=lambda result: result.trial.number))

    def _train_missing(self, missing: Sequence[Trial]) -> None:
        self._make_ready()
        with _refusing(self._url):
            open_trials = [self._open(trial) for trial in missing]
        asked = [
            trial.model_copy(update={"number": opened.number})
            for trial, opened in zip(missing, open_trials, strict=True)
        ]
        results = self._evaluate(asked)
        assert len(results) == len(asked), "one result for each trial"
        with _refusing(self._url):
            for opened, result in zip(open_trials, results, strict=True):
                tell(self.study, opened, result)
                self._finished[training_key(result.trial)] = result

    def _open(self, wanted: Trial) -> optuna.trial.Trial:
        opened = self._left_behind.pop(training_key(wanted), None) or self._ask()
        for name, distribution in self.sampler.distributions().items():
            opened.suggest_float(name, distribution.low, distribution.high, log=distribution.log)
        asked = self._asked(opened)
        assert asked is not None, "the sampler writes down what it asks"
        assert training_key(asked) == training_key(wanted), (
            "sampler and course follow the same plan"
        )
        return opened

    def _ask(self) -> optuna.trial.Trial:
        """The next trial; those that somebody else has put in the queue are turned away."""
        opened = self.study.ask()
        while self._asked(opened) is None:
            self.study.tell(opened, state=TrialState.FAIL)
            opened = self.study.ask()
        return opened

    def _asked(self, opened: optuna.trial.Trial) -> Trial | None:
        return asked_of(self.study.get_trials(deepcopy=False)[opened.number])

    def _add_what_was_lost(self) -> None:
        """Adds results that only the journal has, each under its number.

        A number of which the journal has no result gets a trial that was asked for and not
        finished; it is taken up as what it was, since trials are asked for in a fixed order.
        """
        stored = len(self.study.get_trials(deepcopy=False))
        for number in range(stored, max(self._known, default=-1) + 1):
            result = self._known.get(number)
            self.study.add_trial(
                create_trial(state=TrialState.RUNNING)
                if result is None
                else as_stored(result, self.sampler.distributions())
            )

    def _take_up(self) -> dict[object, optuna.trial.Trial]:
        """Trials that a killed process left running, ready to be trained again."""
        left_behind = {}
        for stored in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            opened = optuna.trial.Trial(self.study, stored._trial_id)  # noqa: SLF001
            if stored.number in self._known:
                tell(self.study, opened, self._known[stored.number])
            elif asked := self._asked(opened):
                left_behind[training_key(asked)] = opened
        return left_behind

    def _read(self) -> dict[object, TrialResult]:
        finished = {}
        for stored in self.study.get_trials(deepcopy=False):
            result = result_of(stored, self.study.direction)
            if result is not None:
                finished[training_key(result.trial)] = self._known.get(stored.number, result)
        return finished


def open_storage(url: str | None) -> BaseStorage:
    """Opens Optuna's storage.

    Raises:
        StorageError: It is no database, or not Optuna's, or cannot be opened.
    """
    with _refusing(url):
        return InMemoryStorage() if url is None else reach_storage(url)


def reach_storage(url: str) -> BaseStorage:
    """Opens Optuna's storage; SQLite in a way that survives kill -9 without waiting for disks.

    SQLite's write-ahead log with `synchronous=NORMAL` loses nothing when a process is
    killed; after a power cut the last trials may be missing, and are told again from the
    journal. What goes wrong is raised as SQLAlchemy has it.
    """
    few = {} if url.startswith("sqlite") else {"pool_size": 1, "max_overflow": 1}
    engine = {"pool_pre_ping": True, "connect_args": connect_args(url), **few}
    storage = RDBStorage(url, engine_kwargs=engine)
    if url.startswith("sqlite"):
        event.listen(storage.engine, "connect", _write_ahead)
        storage.engine.dispose()
    return storage


def close_storage(storage: BaseStorage) -> None:
    """Closes the connections of a storage that is not used any more."""
    if isinstance(storage, RDBStorage):
        storage.remove_session()  # else its connection counts as used, and stays open
        storage.engine.dispose()


def create_storage(url: str) -> None:
    """Makes Optuna's tables where they are missing."""
    close_storage(open_storage(url))


def forget_study(url: str, name: str) -> None:
    """Removes a study from the database; unknown names are fine."""
    if knows_study(url, name):
        storage = open_storage(url)
        with _refusing(url):
            optuna.delete_study(study_name=name, storage=storage)
        close_storage(storage)


def knows_study(url: str, name: str) -> bool:
    """Whether the database holds trials of a study."""
    storage = open_storage(url)
    with _refusing(url):
        summaries = optuna.get_all_study_summaries(storage)
    close_storage(storage)
    return any(summary.study_name == name and summary.n_trials for summary in summaries)


def sqlite_url(path: Path) -> str:
    """The address of a SQLite file."""
    return f"sqlite:///{path}"


def _write_ahead(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _without_password(url: str | None) -> str:
    return make_url(url).render_as_string(hide_password=True) if url else "memory"


@contextmanager
def _refusing(url: str | None) -> Iterator[None]:
    """Says in one sentence what is wrong with a database."""
    try:
        yield
    except (SQLAlchemyError, StorageInternalError, RuntimeError) as error:
        cause = error.__cause__ if isinstance(error, StorageInternalError) else error
        reason = str(getattr(cause, "orig", cause)).strip().rstrip(".")
        raise StorageError(
            f"the trials cannot be kept in {_without_password(url)}: {reason} "
            "(move the file away, or choose another place with --directory)"
        ) from error
