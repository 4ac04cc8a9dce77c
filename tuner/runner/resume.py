"""Resumes a study: reads its earlier run, and checks whether this one may go on with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from tuner.errors import StorageError, StudyChanged
from tuner.events import Say
from tuner.journal.history import StudyHistory
from tuner.journal.journal_file import FILE_NAME
from tuner.journal.journals import FileJournal
from tuner.journal.workspace import Workspace
from tuner.search.optuna_database import (
    DamagedDatabase,
    forget_study,
    knows_study,
    set_aside,
    sqlite_url,
)
from tuner.spec.study import StudySpec
from tuner.spec.study_file import describe_changes, recorded_study


@contextmanager
def alone(workspace: Workspace, study: str) -> Iterator[None]:
    """A lock against a second run of the same study; it is released when the process ends."""
    workspace.make_folder(study)
    lock = FileLock(workspace.runs / f".{study}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise StorageError(
            f"'{study}' is being run by another process in {workspace.root} "
            f"(look at it with: tuner status --study {study})"
        ) from None
    except OSError as error:
        raise StorageError(f"{lock.lock_file}: cannot be written ({error.strerror})") from error
    try:
        yield
    finally:
        lock.release()


def earlier_run(
    spec: StudySpec, workspace: Workspace, *, restart: bool, say: Say = lambda _sentence: None
) -> FileJournal:
    """The journal of an earlier run; refuses one with other settings."""
    url = sqlite_url(workspace.database)
    if restart:
        _forget(url, spec.study, workspace, say)
        if any(workspace.folder(spec.study).iterdir()):
            workspace.set_aside(spec.study)
        return FileJournal(workspace.folder(spec.study))
    journal = FileJournal.read(workspace.folder(spec.study))
    earlier = journal.history()
    if earlier is None:
        if knows_study(url, spec.study):
            raise StudyChanged(
                f"{workspace.database} holds trials of '{spec.study}', but its journal in "
                f"{workspace.folder(spec.study)} is gone; put the folder back, or start afresh "
                "with --restart"
            )
        return journal
    changes = describe_changes(recorded_study(earlier.spec), spec)
    if changes:
        raise StudyChanged(
            f"'{spec.study}' was begun with other settings ({'; '.join(changes)}); give the new "
            f"one a name of its own (--set study={spec.study}-2), or start afresh with --restart"
        )
    return journal


def _forget(url: str, study: str, workspace: Workspace, say: Say) -> None:
    """Removes a study from the database; a damaged database is set aside where it was ours."""
    try:
        forget_study(url, study)
    except DamagedDatabase as problem:
        if not (workspace.folder(study) / FILE_NAME).exists():
            raise
        aside = set_aside(url)
        say(f"{workspace.database} was damaged ({problem.reason}); it is now {aside.name}")


def with_extensions(spec: StudySpec, earlier: StudyHistory | None) -> StudySpec:
    """The study with the seeds that earlier runs have added to its claim."""
    added = StudySpec.model_validate(earlier.spec).confirm.extensions if earlier else ()
    if len(added) <= len(spec.confirm.extensions):
        return spec
    confirm = spec.confirm.model_copy(update={"extensions": added})
    return spec.model_copy(update={"confirm": confirm})


def refuse_another_trainer(earlier: StudyHistory | None, now: str) -> None:
    """Refuses to mix scores of a function and of real trainings in one study."""
    before = earlier.facts.get("trainer", now) if earlier else now
    if earlier and before != now:
        names = {
            "builtin": "by training",
            "command": "with a script of yours",
            "function": "with a function of yours",
            "evaluate": "by a function that replaces training",
        }
        raise StudyChanged(
            f"'{earlier.study}' was begun {names.get(before, before)}, and is now asked for "
            f"{names[now]}; give one of them another name, or start afresh with --restart"
        )
