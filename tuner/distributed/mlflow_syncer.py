"""Sends the studies of a shared storage to MLflow: one syncer for each study, on any machine.

As a program: `python -m tuner.distributed.mlflow_syncer DIRECTORY [STUDY]`, with the storage in
`TUNER_STORAGE`. It works at low priority. At SIGTERM it sends what MLflow takes, then
ends.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event as Flag

from tuner.distributed.database import Database
from tuner.distributed.journal_table import JournalTable
from tuner.distributed.leases import RECORD, Leases
from tuner.distributed.mirror import Mirror
from tuner.distributed.registry import WorkerRegistry, new_name
from tuner.distributed.studies import StudyRegistry, SubmittedStudy
from tuner.distributed.study_folder import folder_of
from tuner.distributed.submit import open_database
from tuner.errors import StorageError
from tuner.errors.exits import mask_tracebacks
from tuner.errors.masking import masked
from tuner.journal.workspace import Workspace
from tuner.results.progress import Say
from tuner.tracking.environment import logging_to
from tuner.tracking.forwarder import Forwarder

PAUSE = 3.0
"""Seconds between two rounds."""


class MlflowSyncer:
    """Sends studies to MLflow, except those that another syncer has leased.

    Args:
        registry: The registry that this syncer is in.
        study: The only study; None for all.
    """

    def __init__(
        self,
        database: Database,
        registry: WorkerRegistry,
        workspace: Workspace,
        study: str | None = None,
        say: Say = print,
    ) -> None:
        self._say = say
        self._database = database
        self._registry = registry
        self._workspace = workspace
        self._study = study
        self._submissions = StudyRegistry(database)
        self._forwarders: dict[str, Forwarder] = {}

    def round(self) -> None:
        """Sends what is new of every study once."""
        submissions = self._submissions.all()
        for uid in self._forwarders.keys() - {submission.uid for submission in submissions}:
            self._close(uid)
        for submission in submissions:
            if self._study in (None, submission.name) and self._is_news(submission):
                try:
                    self._write_down(submission)
                except StorageError as error:  # another machine may have space for it
                    self._leases(submission).release([RECORD])
                    self._say(f"'{submission.name}': {error}")

    def close(self) -> None:
        """Closes the forwarders of all studies."""
        for name in [*self._forwarders]:
            self._close(name)

    def _is_news(self, submission: SubmittedStudy) -> bool:
        return self._journal(submission).latest() > submission.recorded

    def _write_down(self, submission: SubmittedStudy) -> None:
        if not self._leases(submission).try_to_take(RECORD):
            return
        folder = folder_of(self._workspace, submission)
        number = Mirror(self._journal(submission), folder).pull()
        with logging_to(folder / "mlflow.log"):
            forwarder = self._forwarders.setdefault(submission.uid, Forwarder(folder, None))
            delivered = forwarder.deliver(alive=submission.state == "open")
        if delivered:
            self._submissions.mark_recorded(submission.uid, number)
        if submission.state != "open":
            self._close(submission.uid)
            self._leases(submission).release([RECORD])

    def _close(self, uid: str) -> None:
        self._forwarders.pop(uid).__exit__(None, None, None)

    def _leases(self, submission: SubmittedStudy) -> Leases:
        return Leases(self._database, submission.uid, self._registry)

    def _journal(self, submission: SubmittedStudy) -> JournalTable:
        return JournalTable(self._database, submission.uid, self._registry.name)


def main(arguments: list[str]) -> None:
    """Syncs until SIGTERM; ignores Ctrl-C, which is meant for the process that started it."""
    mask_tracebacks()
    leaving = Flag()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: leaving.set())
    if hasattr(os, "nice"):
        os.nice(10)
    directory, *study = arguments
    os.chdir(directory)  # where MLflow's default store lies
    with (
        open_database(os.environ["TUNER_STORAGE"], _say) as database,
        WorkerRegistry(database, f"sync-{new_name()}", trains=False).entered() as registry,
    ):
        syncer = MlflowSyncer(
            database, registry, Workspace(Path(directory)), next(iter(study), None), _say
        )
        parent = os.getppid()
        _rounds(syncer, lambda: leaving.is_set() or os.getppid() != parent, leaving)


def _rounds(syncer: MlflowSyncer, is_over: Callable[[], bool], leaving: Flag) -> None:
    try:
        while True:
            last = is_over()
            syncer.round()
            if last:
                return
            leaving.wait(PAUSE)
    finally:
        syncer.close()


def _say(sentence: str) -> None:
    print(f"sync: {masked(sentence)}", file=sys.stderr, flush=True)  # noqa: T201 - read in a log


if __name__ == "__main__":
    main(sys.argv[1:])
