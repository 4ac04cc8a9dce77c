"""Read-only looks at a shared storage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from tuner.distributed.database import Database
from tuner.distributed.journal_table import JournalTable
from tuner.distributed.leases import trial_of
from tuner.distributed.mirror import Mirror
from tuner.distributed.registry import new_name
from tuner.distributed.studies import StudyRegistry, SubmittedStudy
from tuner.distributed.study_folder import folder_of
from tuner.distributed.submit import open_database
from tuner.distributed.tables import leases, workers
from tuner.journal.workspace import Workspace


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """A registered worker.

    Attributes:
        trials: Numbers of the study's trials that it has leased.
        note: What it cannot do; empty where there is nothing to say.
    """

    name: str
    host: str
    trials: tuple[int, ...]
    note: str


def mirror_here(study: str, url: str, workspace: Workspace) -> Path:
    """Copies what is known of a study into its folder on this machine.

    Raises:
        StudyNotFound: The study was not submitted.
        StorageError: The storage cannot be used, or the folder.
    """
    with open_database(url, lambda _sentence: None) as database:
        submission = StudyRegistry(database).get(study)
        folder = folder_of(workspace, submission)
        Mirror(JournalTable(database, submission.uid, new_name()), folder).pull()
        return folder


def worker_statuses(submission: SubmittedStudy, database: Database) -> list[WorkerStatus]:
    """All workers that train, with the study's trials that they have."""
    training = select(workers.c.name, workers.c.host, workers.c.note).where(workers.c.trains)
    holding = select(leases.c.worker, leases.c.what).where(leases.c.study == submission.uid)

    def look() -> list[WorkerStatus]:
        with database.change() as connection:
            held: dict[str, list[int]] = {}
            for worker, what in connection.execute(holding):
                if (number := trial_of(what)) is not None:
                    held.setdefault(worker, []).append(number)
            return [
                WorkerStatus(name, host, tuple(sorted(held.get(name, ()))), note)
                for name, host, note in connection.execute(training.order_by(workers.c.name))
            ]

    return database.with_retries(look)
