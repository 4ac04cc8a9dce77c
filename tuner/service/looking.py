"""What a shared storage tells those who only look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from tuner.service.folder import folder_of
from tuner.service.mirror import Mirror
from tuner.service.submitting import open_database
from tuner.sharing.claims import trial_of
from tuner.sharing.database import Database
from tuner.sharing.ledger import Ledger
from tuner.sharing.offers import Offer, Offers
from tuner.sharing.roll import new_name
from tuner.sharing.tables import claims, workers
from tuner.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Attending:
    """A worker on the roll.

    Attributes:
        trials: Numbers of the study's trials that it has in hand.
        note: What it cannot do; empty where there is nothing to say.
    """

    name: str
    host: str
    trials: tuple[int, ...]
    note: str


def bring_here(study: str, url: str, workspace: Workspace) -> Path:
    """Brings what is known of a study into its folder on this machine.

    Raises:
        StudyNotFound: Nobody has submitted it.
        StorageError: The storage cannot be used, or the folder.
    """
    with open_database(url, lambda _sentence: None) as database:
        offer = Offers(database).get(study)
        folder = folder_of(workspace, offer)
        Mirror(Ledger(database, offer.uid, new_name()), folder).pull()
        return folder


def attendance(offer: Offer, database: Database) -> list[Attending]:
    """Who works, and on what."""
    everybody = select(workers.c.name, workers.c.host, workers.c.note).where(workers.c.trains)
    holding = select(claims.c.worker, claims.c.what).where(claims.c.study == offer.uid)

    def look() -> list[Attending]:
        with database.change() as connection:
            held: dict[str, list[int]] = {}
            for worker, what in connection.execute(holding):
                if (number := trial_of(what)) is not None:
                    held.setdefault(worker, []).append(number)
            return [
                Attending(name, host, tuple(sorted(held.get(name, ()))), note)
                for name, host, note in connection.execute(everybody.order_by(workers.c.name))
            ]

    return database.patiently(look)
