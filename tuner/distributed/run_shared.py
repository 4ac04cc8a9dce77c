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

from tuner.distributed.context import WorkerContext
from tuner.distributed.database import Database
from tuner.distributed.journal_table import JournalTable
from tuner.distributed.mirror import Mirror
from tuner.distributed.process_specs import syncer_spec
from tuner.distributed.registry import WorkerRegistry
from tuner.distributed.studies import StudyRegistry, SubmittedStudy
from tuner.distributed.study_folder import folder_of
from tuner.distributed.submit import open_database, submit
from tuner.distributed.worker import Say, Worker, WorkerOptions
from tuner.distributed.worker_process import ProcessOptions
from tuner.errors import TrainerError
from tuner.events import Listener
from tuner.journal.journal_file import read_entries
from tuner.journal.workspace import Workspace
from tuner.runner.trainers import photo_progress
from tuner.spec.study import StudySpec

PAUSE = 1.0
"""Seconds between two looks at what the others have done."""

DRAIN_SECONDS = 60.0
"""How long a finished study waits for what MLflow has not taken yet."""


@dataclass
class SharedRun:
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
        submission = submit(
            spec,
            database,
            workspace,
            anyway=anyway,
            restart=restart,
            progress=photo_progress(say),
        )
        folder = folder_of(workspace, submission)
        following = SharedRun(
            Mirror(JournalTable(database, submission.uid, ""), folder), folder, tell
        )
        with _syncer(workspace, submission, database, record=record), following.beside():
            _help(spec, submission, database, workspace, share, say)
        _refuse_to_call_it_finished(StudyRegistry(database).get(submission.name))


def _help(
    spec: StudySpec,
    submission: SubmittedStudy,
    database: Database,
    workspace: Workspace,
    share: str | None,
    say: Say,
) -> None:
    """Works on the study until it is not open any more."""
    with WorkerRegistry(database).entered() as registry:
        context = WorkerContext(database, registry, workspace, spec.data.photos, share)
        Worker(context, WorkerOptions(submission.name, until_done=True), say).serve()


def _refuse_to_call_it_finished(submission: SubmittedStudy) -> None:
    if submission.state == "stopped":
        name, reason = submission.name, submission.reason or "somebody stopped it"
        raise TrainerError(
            f"'{name}' is stopped: {reason} (it goes on with: tuner resume --study {name})"
        )


@contextmanager
def _syncer(
    workspace: Workspace, submission: SubmittedStudy, database: Database, *, record: bool
) -> Iterator[None]:
    """Somebody who writes down in MLflow; a finished study waits for that."""
    if not record:
        yield
        return
    process_spec = syncer_spec(
        ProcessOptions(str(workspace.root), study=submission.name), database.url
    )
    with (folder_of(workspace, submission) / "mlflow.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own module
            process_spec.command,
            env={**os.environ, **process_spec.environment},
            cwd=workspace.root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield
        _wait_for_mlflow(database, submission)
    finally:
        process.terminate()
        try:
            process.wait(DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_mlflow(database: Database, submission: SubmittedStudy) -> None:
    journal, patience = JournalTable(database, submission.uid, ""), time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < patience:
        if StudyRegistry(database).get(submission.name).recorded >= journal.latest():
            return
        time.sleep(PAUSE)
