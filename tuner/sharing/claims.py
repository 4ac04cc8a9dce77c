"""Who works on what: a claim holds as long as its worker lives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

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
        deaths: How often a worker died with it.
    """

    worker: str
    deaths: int


class Claims:
    """The claims on one study."""

    def __init__(self, database: Database, study: str, roll: Roll) -> None:
        self._database = database
        self._study = study
        self._roll = roll

    def held(self) -> Mapping[str, Claim]:
        """All claims, those of the dead included, by what is claimed."""
        return self._database.patiently(self._held)

    def of_others(self) -> Mapping[str, Claim]:
        """The claims that are not this worker's."""
        return {w: claim for w, claim in self.held().items() if claim.worker != self._roll.name}

    def in_living_hands(self, held: Mapping[str, Claim]) -> frozenset[str]:
        """What nobody else may take."""
        dead = self._roll.dead
        return frozenset(what for what, claim in held.items() if claim.worker not in dead)

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Lets one worker at a time look for something to take; the others wait."""
        with self._database.alone(f"claims {self._study}"):
            yield

    def take(self, what: str) -> int:
        """Claims something that is in nobody's living hands, for this worker.

        To be called `in_turn`, and again where the database goes away meanwhile.

        Returns:
            How often a worker has died with it.
        """
        with self._database.change() as connection:
            held = self._find(connection, what)
            if held is not None and held.worker == self._roll.name:
                return held.deaths
            deaths = 0 if held is None else held.deaths + 1
            row = {"worker": self._roll.name, "deaths": deaths}
            connection.execute(
                insert(claims).values(study=self._study, what=what, **row)
                if held is None
                else update(claims).where(self._here(what)).values(row)
            )
            return deaths

    def try_to_take(self, what: str) -> bool:
        """Claims something, unless somebody living has it."""

        def take() -> bool:
            with self.in_turn():
                free = what not in self.in_living_hands(self.of_others())
                if free:
                    self.take(what)
                return free

        return self._database.patiently(take)

    def hand_back(self, whats: Iterable[str]) -> None:
        """Gives up what this worker holds."""
        mine = delete(claims).where(
            claims.c.study == self._study,
            claims.c.what.in_(list(whats)),
            claims.c.worker == self._roll.name,
        )

        def give() -> None:
            with self._database.change() as connection:
                connection.execute(mine)

        self._database.patiently(give)

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
