"""Runs a study on a shared storage: submits it, works on it, shows the work of all workers."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag

from tuner.distributed.context import WorkerContext
from tuner.distributed.database import Database
from tuner.distributed.journal_table import JournalTable
from tuner.distributed.mirror import Mirror
from tuner.distributed.process_specs import syncer_spec
from tuner.distributed.registry import WorkerRegistry
from tuner.distributed.studies import StudyRegistry, SubmittedStudy
from tuner.distributed.study_folder import folder_of
from tuner.distributed.submit import open_database, submit
from tuner.distributed.worker import Worker, WorkerOptions
from tuner.distributed.worker_process import ProcessOptions
from tuner.errors import TrainerError
from tuner.errors.threads import Thread
from tuner.journal.journal_file import read_entries
from tuner.journal.workspace import Workspace, found_by
from tuner.results.events import Listener
from tuner.results.progress import Notify, Say, ignore_progress, photo_progress
from tuner.spec.own_code import own_code
from tuner.spec.study import StudySpec

PAUSE = 1.0
"""Seconds between two looks at the journal."""

DRAIN_SECONDS = 60.0
"""Seconds that a finished study waits until MLflow has everything."""


@dataclass
class EventFollower:
    """Passes on the events of a study, from all workers, as they come.

    Attributes:
        folder: The study's folder on this machine.
    """

    mirror: Mirror
    folder: Path
    tell: Listener
    _offset: int = 0
    _over: Flag = field(default_factory=Flag)

    def catch_up(self) -> None:
        """Passes on what is new."""
        self.mirror.pull()
        for entry in read_entries(self.folder, self._offset):
            self._offset = entry.offset_after
            self.tell(entry.event)

    @contextmanager
    def following(self) -> Iterator[None]:
        """Passes on events while the block lasts, and the rest at its end."""
        thread = Thread(self._follow, name="following")
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
    notify: Notify = ignore_progress,
) -> None:
    """Submits a study, works on it together with other workers, returns when it is finished.

    Args:
        tell: Called with every event of the study.
        say: Called with sentences about this worker alone.
        record: Sends the study to MLflow, unless another process does.
        share: Where all machines see checkpoints.
        notify: Called with what this worker does at the moment.

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
            progress=photo_progress(notify),
        )
        folder = folder_of(workspace, submission)
        follower = EventFollower(
            Mirror(JournalTable(database, submission.uid, ""), folder), folder, tell
        )
        with _syncer(workspace, submission, database, record=record), follower.following():
            _work(spec, submission, database, workspace, share, say, notify)
        _refuse_a_stopped_study(StudyRegistry(database).get(submission.name), url)


def _work(
    spec: StudySpec,
    submission: SubmittedStudy,
    database: Database,
    workspace: Workspace,
    share: str | None,
    say: Say,
    notify: Notify,
) -> None:
    """Works on the study as long as it is open."""
    with WorkerRegistry(database).entered() as registry:
        context = WorkerContext(
            database, registry, workspace, spec.data.photos, share,
            allow=own_code(spec), notify=notify,
        )  # fmt: skip
        Worker(context, WorkerOptions(submission.name, until_done=True), say).serve()


def _refuse_a_stopped_study(submission: SubmittedStudy, url: str) -> None:
    if submission.state == "stopped":
        name, reason = submission.name, submission.reason or "it was asked to stop"
        again = shlex.join(["tuner", "resume", "--study", name, *found_by(storage=url)])
        raise TrainerError(f"'{name}' is stopped: {reason} (it goes on with: {again})")


@contextmanager
def _syncer(
    workspace: Workspace, submission: SubmittedStudy, database: Database, *, record: bool
) -> Iterator[None]:
    """Runs a process that sends the study to MLflow; waits for it at the end."""
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
