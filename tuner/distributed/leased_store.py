"""The store of a shared study: leases trials that no other living worker has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from math import ceil
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from tuner.distributed.context import WorkerContext
from tuner.distributed.leases import Lease, Leases, trial_lease
from tuner.distributed.studies import StudyRegistry
from tuner.distributed.table_journal import TableJournal
from tuner.errors import StorageError, TunerError
from tuner.results import Trial, TrialResult
from tuner.results.events import TrialFinished
from tuner.search.procedure import Step
from tuner.search.shared_trials import LeasedTrial, SharedTrials
from tuner.spec.plan import Plan

DEATHS = 3
"""Workers that may die with a trial before it is given up."""

NO_BUGS = (TunerError, SQLAlchemyError)
"""Errors that end a training without counting as its fault."""

Outcome = TypeVar("Outcome")


@dataclass
class LeasedStore:
    """The trials of one study, as one worker takes them.

    Attributes:
        uid: Of the study.
        context: The worker's.
        journal: Of the study.
        leases: Of the study.
        together: Trials that are trained together at most.
    """

    plan: Plan
    uid: str
    context: WorkerContext
    journal: TableJournal
    leases: Leases
    together: int

    def in_turn(self, work: Callable[[], Outcome]) -> Outcome | None:
        """Works while no other worker does; None where another one has drawn the conclusions."""

        def locked() -> Outcome | None:
            with self.leases.in_turn():
                self.journal.read_news()
                if self._submissions.followed(self.uid) >= self.journal.read_to:
                    return None
                return work()

        return self.context.database.with_retries(locked)

    def open(self, step: Step) -> None:
        """Lets the missing trials be taken by any worker."""
        opened = self._trials.open_missing(step)
        known = {result.trial.number: result for result in self.journal.results()}
        for number in opened.unfinished:
            if number in known:  # its worker died before Optuna had the result
                self._trials.tell(known[number])
        self.leases.open(number for number in opened.unfinished if number not in known)
        if step.result is None:  # the end is replayed until it is recorded
            self._submissions.mark_followed(self.uid, self.journal.read_to, opened.likely)

    def take(self) -> AbstractContextManager[Sequence[Trial]]:
        """This worker's share of the trials that are free."""
        return self._hold(self._lease_free)

    def take_likely(self) -> AbstractContextManager[Sequence[Trial]]:
        """A trial that is only likely to be needed."""
        return self._hold(self._lease_likely)

    def tell(self, results: Sequence[TrialResult]) -> None:
        """Writes down in Optuna how trials ended."""
        for result in results:
            self.context.database.with_retries(partial(self._trials.tell, result))

    def has_free(self, held: Mapping[str, Lease]) -> bool:
        """Whether there is anything to take."""
        return bool(self.leases.free(held))

    @contextmanager
    def _hold(self, lease: Callable[[], list[LeasedTrial]]) -> Iterator[list[Trial]]:
        taken = self.context.database.with_retries(lease)
        if not taken:
            yield []
            return
        whats = [trial_lease(one.trial.number) for one in taken]
        try:
            yield self._untrained(taken)
        except BaseException as error:
            is_a_bug = isinstance(error, Exception) and not isinstance(error, NO_BUGS)
            self.leases.release(whats, died=is_a_bug)
            raise
        self.leases.close(whats)

    def _untrained(self, taken: Sequence[LeasedTrial]) -> list[Trial]:
        """The trials that have to be trained: a worker that died may have recorded a result."""
        results = self._by_number()
        lost = [one for one in taken if one.deaths >= DEATHS and one.trial.number not in results]
        for one in lost:
            self._give_up(one)
        if lost:
            results = self._by_number()
        numbers = [one.trial.number for one in taken]
        self.tell([results[number] for number in numbers if number in results])
        return [one.trial for one in taken if one.trial.number not in results]

    def _by_number(self) -> dict[int, TrialResult]:
        self.journal.read_news()
        return {result.trial.number: result for result in self.journal.results()}

    def _give_up(self, one: LeasedTrial) -> None:
        reason = f"{one.deaths} workers died while they trained it"
        lost = TrialResult(trial=one.trial, status="diverged", score=None, reason=reason)
        self.journal.append(TrialFinished(result=lost))

    def _lease_free(self) -> list[LeasedTrial]:
        with self.leases.in_turn():
            free = self.leases.free(self.leases.held())
            return self._begin(free[: self._fair_share(len(free))])

    def _lease_likely(self) -> list[LeasedTrial]:
        with self.leases.in_turn():
            likely = self._submissions.take_likely(self.uid)
            return [] if likely is None else self._begin([self._trials.open(likely)])

    def _begin(self, numbers: Sequence[int]) -> list[LeasedTrial]:
        deaths = {number: self.leases.take(trial_lease(number)) for number in numbers}
        mine = {number: died for number, died in deaths.items() if died is not None}
        try:
            return self._trials.take(mine)
        except StorageError:  # of another version, whose workers can train them
            self.leases.release(map(trial_lease, mine))
            raise

    def _fair_share(self, free: int) -> int:
        """How many of the free trials to take: no more than can be trained together."""
        return min(self.together, ceil(free / len(self.context.registry.living)))

    @property
    def _submissions(self) -> StudyRegistry:
        return StudyRegistry(self.context.database)

    @cached_property
    def _trials(self) -> SharedTrials:
        context = self.context
        return context.database.with_retries(lambda: SharedTrials(self.plan, context.trials))
