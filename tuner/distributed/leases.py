"""Who works on what: a claim holds as long as its worker lives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Update,
    delete,
    insert,
    select,
    update,
)

from tuner.distributed.database import Database
from tuner.distributed.registry import WorkerRegistry
from tuner.distributed.tables import leases

RECORD = "record"
"""What is claimed by whoever feeds MLflow with a study."""


def trial_lease(number: int) -> str:
    """What is claimed by whoever trains a trial."""
    return f"trial {number}"


def trial_of(what: str) -> int | None:
    """The trial that is claimed; None where it is something else."""
    kind, _, number = what.partition(" ")
    return int(number) if kind == "trial" else None


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim as it stands in the database.

    Attributes:
        worker: Who has it; empty where nobody has it yet, or any more.
        deaths: How often a worker died with it.
    """

    worker: str
    deaths: int


NOBODY = ""


class Leases:
    """The claims on one study: what is open, and who has it.

    Args:
        study: Its uid.
    """

    def __init__(self, database: Database, study: str, registry: WorkerRegistry) -> None:
        self._database = database
        self._study = study
        self._registry = registry

    def held(self) -> Mapping[str, Lease]:
        """All claims, by what is claimed."""
        return self._database.patiently(self._held)

    def free(self, held: Mapping[str, Lease]) -> list[int]:
        """Numbers of the trials that are in nobody's living hands, ascending."""
        free = self._registry.dead | {NOBODY, self._registry.name}
        trials = [trial_of(what) for what, lease in held.items() if lease.worker in free]
        return sorted(number for number in trials if number is not None)

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Lets one worker at a time look for something to take; the others wait."""
        with self._database.alone(f"claims {self._study}"):
            yield

    def open(self, numbers: Iterable[int]) -> None:
        """Lets trials be taken, where they cannot be already."""
        whats = [trial_lease(number) for number in numbers]
        with self._database.change() as connection:
            here = select(leases.c.what).where(leases.c.study == self._study)
            there = set(connection.execute(here).scalars())
            for what in whats:
                if what not in there:
                    row = {"study": self._study, "what": what, "worker": NOBODY, "deaths": 0}
                    connection.execute(insert(leases).values(row))

    def take(self, what: str) -> int | None:
        """Claims something that is in nobody's living hands, for this worker.

        To be called `in_turn`, and again where the database goes away meanwhile.

        Returns:
            How often a worker has died with it; None where somebody else was faster after all.
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
            deaths = held.deaths + (held.worker != NOBODY)
            mine = update(leases).where(self._here(what), leases.c.worker == held.worker)
            taken = connection.execute(mine.values(worker=self._registry.name, deaths=deaths))
            return deaths if taken.rowcount else None

    def try_to_take(self, what: str) -> bool:
        """Claims something, unless somebody living has it."""
        free = {NOBODY, self._registry.name}

        def take() -> bool:
            with self.in_turn():
                held = self._held().get(what)
                if held is not None and held.worker not in free | self._registry.dead:
                    return False
                return self.take(what) is not None

        return self._database.patiently(take)

    def hand_back(self, whats: Iterable[str], *, died: bool = False) -> None:
        """Gives up what this worker has; others may take it.

        Args:
            died: Whether it counts as a death, so that it is given up in the end.
        """
        change = update(leases).values(worker=NOBODY, deaths=leases.c.deaths + int(died))
        self._change(change.where(self._mine(whats)))

    def close(self, whats: Iterable[str]) -> None:
        """Ends claims of this worker on what is done."""
        self._change(delete(leases).where(self._mine(whats)))

    def _mine(self, whats: Iterable[str]) -> ColumnElement[bool]:
        mine = (leases.c.study == self._study) & (leases.c.worker == self._registry.name)
        return mine & leases.c.what.in_(list(whats))

    def _change(self, change: Update | Delete) -> None:
        def make() -> None:
            with self._database.change() as connection:
                connection.execute(change)

        self._database.patiently(make)

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
