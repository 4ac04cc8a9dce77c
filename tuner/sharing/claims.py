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

from tuner.sharing.database import Database
from tuner.sharing.roll import Roll
from tuner.sharing.tables import claims

RECORD = "record"
"""What is claimed by whoever feeds MLflow with a study."""


def trial_claim(number: int) -> str:
    """What is claimed by whoever trains a trial."""
    return f"trial {number}"


def trial_of(what: str) -> int | None:
    """The trial that is claimed; None where it is something else."""
    kind, _, number = what.partition(" ")
    return int(number) if kind == "trial" else None


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as it stands in the database.

    Attributes:
        worker: Who has it; empty where nobody has it yet, or any more.
        deaths: How often a worker died with it.
    """

    worker: str
    deaths: int


NOBODY = ""


class Claims:
    """The claims on one study: what is open, and who has it.

    Args:
        study: Its uid.
    """

    def __init__(self, database: Database, study: str, roll: Roll) -> None:
        self._database = database
        self._study = study
        self._roll = roll

    def held(self) -> Mapping[str, Claim]:
        """All claims, by what is claimed."""
        return self._database.patiently(self._held)

    def free(self, held: Mapping[str, Claim]) -> list[int]:
        """Numbers of the trials that are in nobody's living hands, ascending."""
        free = self._roll.dead | {NOBODY, self._roll.name}
        trials = [trial_of(what) for what, claim in held.items() if claim.worker in free]
        return sorted(number for number in trials if number is not None)

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Lets one worker at a time look for something to take; the others wait."""
        with self._database.alone(f"claims {self._study}"):
            yield

    def open(self, numbers: Iterable[int]) -> None:
        """Lets trials be taken, where they cannot be already."""
        whats = [trial_claim(number) for number in numbers]
        with self._database.change() as connection:
            here = select(claims.c.what).where(claims.c.study == self._study)
            there = set(connection.execute(here).scalars())
            for what in whats:
                if what not in there:
                    row = {"study": self._study, "what": what, "worker": NOBODY, "deaths": 0}
                    connection.execute(insert(claims).values(row))

    def take(self, what: str) -> int | None:
        """Claims something that is in nobody's living hands, for this worker.

        To be called `in_turn`, and again where the database goes away meanwhile.

        Returns:
            How often a worker has died with it; None where somebody else was faster after all.
        """
        with self._database.change() as connection:
            held = self._find(connection, what)
            if held is None:
                row = {"study": self._study, "what": what, "worker": self._roll.name, "deaths": 0}
                connection.execute(insert(claims).values(row))
                return 0
            if held.worker == self._roll.name:
                return held.deaths
            deaths = held.deaths + (held.worker != NOBODY)
            mine = update(claims).where(self._here(what), claims.c.worker == held.worker)
            taken = connection.execute(mine.values(worker=self._roll.name, deaths=deaths))
            return deaths if taken.rowcount else None

    def try_to_take(self, what: str) -> bool:
        """Claims something, unless somebody living has it."""
        free = {NOBODY, self._roll.name}

        def take() -> bool:
            with self.in_turn():
                held = self._held().get(what)
                if held is not None and held.worker not in free | self._roll.dead:
                    return False
                return self.take(what) is not None

        return self._database.patiently(take)

    def hand_back(self, whats: Iterable[str], *, died: bool = False) -> None:
        """Gives up what this worker has; others may take it.

        Args:
            died: Whether it counts as a death, so that it is given up in the end.
        """
        change = update(claims).values(worker=NOBODY, deaths=claims.c.deaths + int(died))
        self._change(change.where(self._mine(whats)))

    def close(self, whats: Iterable[str]) -> None:
        """Ends claims of this worker on what is done."""
        self._change(delete(claims).where(self._mine(whats)))

    def _mine(self, whats: Iterable[str]) -> ColumnElement[bool]:
        mine = (claims.c.study == self._study) & (claims.c.worker == self._roll.name)
        return mine & claims.c.what.in_(list(whats))

    def _change(self, change: Update | Delete) -> None:
        def make() -> None:
            with self._database.change() as connection:
                connection.execute(change)

        self._database.patiently(make)

    def _held(self) -> Mapping[str, Claim]:
        wanted = select(claims.c.what, claims.c.worker, claims.c.deaths)
        with self._database.change() as connection:
            rows = connection.execute(wanted.where(claims.c.study == self._study)).all()
        return {what: Claim(worker, deaths) for what, worker, deaths in rows}

    def _find(self, connection: Connection, what: str) -> Claim | None:
        wanted = select(claims.c.worker, claims.c.deaths).where(self._here(what))
        row = connection.execute(wanted).first()
        return None if row is None else Claim(*row)

    def _here(self, what: str) -> ColumnElement[bool]:
        return (claims.c.study == self._study) & (claims.c.what == what)
