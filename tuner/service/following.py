"""Runs a study on a shared storage: submits it, helps with it, and tells what all have done."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from threading import Thread

from tuner.errors import TrainerError
from tuner.events import Listener
from tuner.records.journal import read_entries
from tuner.service.child import Options
from tuner.service.desk import Desk
from tuner.service.folder import folder_of
from tuner.service.mirror import Mirror
from tuner.service.posts import scribe_post
from tuner.service.submitting import open_database, submit
from tuner.service.worker import Duty, Say, Worker
from tuner.sharing.database import Database
from tuner.sharing.ledger import Ledger
from tuner.sharing.offers import Offer, Offers
from tuner.sharing.roll import Roll
from tuner.study import StudySpec
from tuner.workspace import Workspace

PAUSE = 1.0
"""Seconds between two looks at what the others have done."""

DRAIN_SECONDS = 60.0
"""How long a finished study waits for what MLflow has not taken yet."""


@dataclass
class Following:
    """What happens in a study, told as it comes, whoever has done it.

    Attributes:
        folder: The study's folder on this machine.
    """

    mirror: Mirror
    folder: Path
    tell: Listener
    _offset: int = 0
    _over: Flag = field(default_factory=Flag)

    def catch_up(self) -> None:
        """Tells what is new."""
        self.mirror.pull()
        for entry in read_entries(self.folder, self._offset):
            self._offset = entry.offset_after
            self.tell(entry.event)

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Goes on telling for as long as a `with` lasts, and tells the rest at its end."""
        thread = Thread(target=self._follow, name="following", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
            self.catch_up()

    def _follow(self) -> None:
        while not self._over.wait(PAUSE):
            self.catch_up()


def run_shared(
    spec: StudySpec,
    url: str,
    workspace: Workspace,
    tell: Listener,
    say: Say,
    *,
    anyway: bool = False,
    restart: bool = False,
    record: bool = True,
    share: str | None = None,
) -> None:
    """Submits a study, works on it with whoever else does, and returns when it is finished.

    Args:
        tell: Is told about every event of the study.
        say: Is told what concerns this worker alone.
        record: Writes down in MLflow, unless somebody else does.
        share: Where all machines see checkpoints.

    Raises:
        TunerError: The study cannot be run; its text says what and how.
    """
    with open_database(url, say) as database:
        offer = submit(spec, database, workspace, anyway=anyway, restart=restart)
        folder = folder_of(workspace, offer)
        following = Following(Mirror(Ledger(database, offer.uid, ""), folder), folder, tell)
        with _scribe(workspace, offer, database, record=record), following.beside():
            _help(spec, offer, database, workspace, share, say)
        _refuse_to_call_it_finished(Offers(database).get(offer.name))


def _help(
    spec: StudySpec,
    offer: Offer,
    database: Database,
    workspace: Workspace,
    share: str | None,
    say: Say,
) -> None:
    """Works on the study until it is not open any more."""
    with Roll(database).entered() as roll:
        desk = Desk(database, roll, workspace, spec.data.photos, share)
        Worker(desk, Duty(offer.name, until_done=True), say).serve()


def _refuse_to_call_it_finished(offer: Offer) -> None:
    if offer.state == "stopped":
        raise TrainerError(
            f"'{offer.name}' is stopped: {offer.reason or 'somebody stopped it'} (it goes on "
            f"with: tuner resume --study {offer.name})"
        )


@contextmanager
def _scribe(
    workspace: Workspace, offer: Offer, database: Database, *, record: bool
) -> Iterator[None]:
    """Somebody who writes down in MLflow; a finished study waits for that."""
    if not record:
        yield
        return
    post = scribe_post(Options(str(workspace.root), study=offer.name), database.url)
    with (folder_of(workspace, offer) / "mlflow.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own module
            post.command,
            env={**os.environ, **post.environment},
            cwd=workspace.root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield
        _wait_for_mlflow(database, offer)
    finally:
        process.terminate()
        try:
            process.wait(DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_mlflow(database: Database, offer: Offer) -> None:
    ledger, patience = Ledger(database, offer.uid, ""), time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < patience:
        if Offers(database).get(offer.name).recorded >= ledger.latest():
            return
        time.sleep(PAUSE)
