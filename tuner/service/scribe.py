"""Feeds MLflow with the studies of a shared storage: one scribe for each study, on any machine.

As a program: `python -m tuner.service.scribe DIRECTORY [STUDY]`, with the storage in
`TUNER_STORAGE`. It works at low priority and leaves at SIGTERM, with everything sent that MLflow
takes.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event as Flag

from tuner.errors import StorageError
from tuner.records.mlflow import Forwarder
from tuner.records.quiet import chatter_into
from tuner.service.folder import folder_of
from tuner.service.mirror import Mirror
from tuner.service.submitting import open_database
from tuner.sharing.claims import RECORD, Claims
from tuner.sharing.database import Database, Say
from tuner.sharing.ledger import Ledger
from tuner.sharing.offers import Offer, Offers
from tuner.sharing.roll import Roll, new_name
from tuner.workspace import Workspace

PAUSE = 3.0
"""Seconds between two rounds."""


class Scribe:
    """Writes studies down in MLflow, those that nobody else writes down.

    Args:
        roll: On which this scribe is.
        study: The only one; None for all.
    """

    def __init__(
        self,
        database: Database,
        roll: Roll,
        workspace: Workspace,
        study: str | None = None,
        say: Say = print,
    ) -> None:
        self._say = say
        self._database = database
        self._roll = roll
        self._workspace = workspace
        self._study = study
        self._offers = Offers(database)
        self._forwarders: dict[str, Forwarder] = {}

    def round(self) -> None:
        """Brings MLflow up to date with every study once."""
        offers = self._offers.all()
        for uid in self._forwarders.keys() - {offer.uid for offer in offers}:
            self._let_go(uid)
        for offer in offers:
            if self._study in (None, offer.name) and self._is_news(offer):
                try:
                    self._write_down(offer)
                except StorageError as error:  # another scribe may have room for it
                    self._claims(offer).hand_back([RECORD])
                    self._say(f"'{offer.name}': {error}")

    def close(self) -> None:
        """Lets go of all studies."""
        for name in [*self._forwarders]:
            self._let_go(name)

    def _is_news(self, offer: Offer) -> bool:
        return self._ledger(offer).latest() > offer.recorded

    def _write_down(self, offer: Offer) -> None:
        if not self._claims(offer).try_to_take(RECORD):
            return
        folder = folder_of(self._workspace, offer)
        number = Mirror(self._ledger(offer), folder).pull()
        with chatter_into(folder / "mlflow.log"):
            forwarder = self._forwarders.setdefault(offer.uid, Forwarder(folder, None))
            delivered = forwarder.deliver(alive=offer.state == "open")
        if delivered:
            self._offers.mark_recorded(offer.uid, number)
        if offer.state != "open":
            self._let_go(offer.uid)
            self._claims(offer).hand_back([RECORD])

    def _let_go(self, uid: str) -> None:
        self._forwarders.pop(uid).__exit__(None, None, None)

    def _claims(self, offer: Offer) -> Claims:
        return Claims(self._database, offer.uid, self._roll)

    def _ledger(self, offer: Offer) -> Ledger:
        return Ledger(self._database, offer.uid, self._roll.name)


def main(arguments: list[str]) -> None:
    """Writes down until SIGTERM; Ctrl-C is for the process that started it."""
    leaving = Flag()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: leaving.set())
    if hasattr(os, "nice"):
        os.nice(10)
    directory, *study = arguments
    os.chdir(directory)  # where MLflow's default store lies
    with (
        open_database(os.environ["TUNER_STORAGE"], _say) as database,
        Roll(database, f"scribe-{new_name()}", trains=False).entered() as roll,
    ):
        scribe = Scribe(database, roll, Workspace(Path(directory)), next(iter(study), None), _say)
        parent = os.getppid()
        _rounds(scribe, lambda: leaving.is_set() or os.getppid() != parent, leaving)


def _rounds(scribe: Scribe, is_over: Callable[[], bool], leaving: Flag) -> None:
    try:
        while True:
            last = is_over()
            scribe.round()
            if last:
                return
            leaving.wait(PAUSE)
    finally:
        scribe.close()


def _say(sentence: str) -> None:
    print(f"scribe: {sentence}", file=sys.stderr, flush=True)  # noqa: T201 - read in a log


if __name__ == "__main__":
    main(sys.argv[1:])
