"""Leases: which worker trains which trial; a lease holds as long as its worker lives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    delete,
    insert,
    select,
    update,
)

from tuner.distributed.database import Database
from tuner.distributed.registry import WorkerRegistry
from tuner.distributed.tables import leases

RECORD = "record"
"""The lease of the process that sends a study to MLflow."""


def trial_lease(number: int) -> str:
    """The name of a trial's lease."""
    return f"trial {number}"


def trial_of(what: str) -> int | None:
    """The number of the trial of a lease; None for another lease, also of another version."""
    kind, _, number = what.partition(" ")
    return int(number) if kind == "trial" and number.isdecimal() else None


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it stands in the database.

    Attributes:
        worker: Name of its worker; empty while it is free.
        deaths: How often a worker died with it.
    """

    worker: str
    deaths: int


NO_WORKER = ""


class Leases:
    """The leases of one study: which trials are open, and which worker has them.

    Args:
        study: Its uid.
    """

    def __init__(self, database: Database, study: str, registry: WorkerRegistry) -> None:
        self._database = database
        self._study = study
        self._registry = registry

    def held(self) -> Mapping[str, Lease]:
        """All leases, by name."""
        return self._database.with_retries(self._held)

    def free(self, held: Mapping[str, Lease]) -> list[int]:
        """Numbers of the trials that no living worker has, ascending."""
        free = self._registry.dead | {NO_WORKER, self._registry.name}
        trials = [trial_of(what) for what, lease in held.items() if lease.worker in free]
        return sorted(number for number in trials if number is not None)

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """A lock: one worker at a time looks for trials to take; the others wait."""
        with self._database.alone(f"claims {self._study}"):
            yield

    def open(self, numbers: Iterable[int]) -> None:
        """Opens leases for trials that have none yet."""
        whats = [trial_lease(number) for number in numbers]
        with self._database.change() as connection:
            here = select(leases.c.what).where(leases.c.study == self._study)
            there = set(connection.execute(here).scalars())
            for what in whats:
                if what not in there:
                    row = {"study": self._study, "what": what, "worker": NO_WORKER, "deaths": 0}
                    connection.execute(insert(leases).values(row))

    def take(self, what: str) -> int | None:
        """Takes a lease that no living worker has.

        Call it inside `in_turn`; repeat it where the database goes away meanwhile.

        Returns:
            How often a worker has died with it; None where another worker was faster.
        """
        with self._database.change() as connection:
            held = self._find(connection, what)
            if held is None:
                row = {
                    "study": self._study,
                    "what": what,
                    "worker": self._registry.name,
                    "deaths": 0,
                }
                connection.execute(insert(leases).values(row))
                return 0
            if held.worker == self._registry.name:
                return held.deaths
            deaths = held.deaths + (held.worker != NO_WORKER)
            mine = update(leases).where(self._here(what), leases.c.worker == held.worker)
            taken = connection.execute(mine.values(worker=self._registry.name, deaths=deaths))
            return deaths if taken.rowcount else None

    def try_to_take(self, what: str) -> bool:
        """Takes a lease, unless a living worker has it; whether it was taken."""
        free = {NO_WORKER, self._registry.name}

        def take() -> bool:
            with self.in_turn():
                held = self._held().get(what)
                if held is not None and held.worker not in free | self._registry.dead:
                    return False
                return self.take(what) is not None

        return self._database.with_retries(take)

    def release(self, whats: Iterable[str], *, died: bool = False) -> None:
        """Frees leases of this worker; others may take them.

        Args:
            died: Whether it counts as a death; a trial with too many deaths is given up.
        """
        change = update(leases).values(worker=NO_WORKER, deaths=leases.c.deaths + int(died))
        self._database.make(change.where(self._mine(whats)))

    def close(self, whats: Iterable[str]) -> None:
        """Removes leases of this worker whose work is done."""
        self._database.make(delete(leases).where(self._mine(whats)))

    def _mine(self, whats: Iterable[str]) -> ColumnElement[bool]:
        mine = (leases.c.study == self._study) & (leases.c.worker == self._registry.name)
        return mine & leases.c.what.in_(list(whats))

    def _held(self) -> Mapping[str, Lease]:
        wanted = select(leases.c.what, leases.c.worker, leases.c.deaths)
        with self._database.change() as connection:
            rows = connection.execute(wanted.where(leases.c.study == self._study)).all()
        return {what: Lease(worker, deaths) for what, worker, deaths in rows}

    def _find(self, connection: Connection, what: str) -> Lease | None:
        wanted = select(leases.c.worker, leases.c.deaths).where(self._here(what))
        row = connection.execute(wanted).first()
        return None if row is None else Lease(*row)

    def _here(self, what: str) -> ColumnElement[bool]:
        return (leases.c.study == self._study) & (leases.c.what == what)
