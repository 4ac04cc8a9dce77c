"""Resumes a study: reads its earlier run, and checks whether this one may go on with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from tuner.data.discovery import describe_missing
from tuner.errors import PhotosError, StorageError, StudyChanged
from tuner.journal.history import StudyHistory
from tuner.journal.journal_file import FILE_NAME
from tuner.journal.journals import FileJournal
from tuner.journal.workspace import Workspace
from tuner.results.progress import Say
from tuner.search.optuna_database import (
    DamagedDatabase,
    forget_study,
    knows_study,
    set_aside,
    sqlite_url,
)
from tuner.spec.changes import describe_changes
from tuner.spec.going_on import (
    asks_for_more,
    describe_kept_looks,
    goes_on_with,
    parts_of,
    with_additions,
)
from tuner.spec.study import StudySpec
from tuner.spec.study_file import recorded_study

BRIEF = 0.2
"""Seconds that a run waits for its lock: `is_running` holds it for a moment."""


@contextmanager
def alone(workspace: Workspace, study: str) -> Iterator[None]:
    """A lock against a second run of the same study; it is released when the process ends."""
    workspace.make_folder(study)
    lock = FileLock(_lock_of(workspace, study))
    try:
        lock.acquire(timeout=BRIEF, poll_interval=BRIEF / 4)
    except Timeout:
        raise StorageError(
            f"'{study}' is being run by another process in {workspace.root} "
            f"(look at it with: {workspace.command('status', study)})"
        ) from None
    except OSError as error:
        raise StorageError(f"{lock.lock_file}: cannot be written ({error.strerror})") from error
    try:
        yield
    finally:
        lock.release()


def is_running(workspace: Workspace, study: str) -> bool:
    """Whether a process on this machine runs the study now."""
    path = _lock_of(workspace, study)
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False  # of another user, or on a disk that cannot be written: nothing is known


def _lock_of(workspace: Workspace, study: str) -> Path:
    return workspace.runs / f".{study}.lock"


def earlier_run(
    spec: StudySpec, workspace: Workspace, *, restart: bool, say: Say = lambda _sentence: None
) -> FileJournal:
    """The journal of an earlier run; refuses a study whose journal is gone."""
    url = sqlite_url(workspace.database)
    if restart:
        _forget(url, spec.study, workspace, say)
        if any(workspace.folder(spec.study).iterdir()):
            workspace.set_aside(spec.study)
        return FileJournal(workspace.folder(spec.study))
    journal = FileJournal.read(workspace.folder(spec.study))
    if journal.history() is None and knows_study(url, spec.study):
        raise StudyChanged(
            f"{workspace.database} holds trials of '{spec.study}', but its journal in "
            f"{workspace.folder(spec.study)} is gone; put the folder back, or start afresh "
            "with --restart"
        )
    return journal


def refuse_other_settings(spec: StudySpec, earlier: StudyHistory | None) -> None:
    """Refuses to go on with settings that change what an earlier run has decided.

    Args:
        spec: The study as `as_recorded` returns it.

    Raises:
        PhotosError: It asks for other photos, which are not there.
        StudyChanged: It asks for other settings.
    """
    if earlier is None:
        return
    before = recorded_study(earlier.spec)
    if spec.data != before.data and (missing := describe_missing(spec)):
        raise PhotosError(missing)
    refuse_changes(before, spec)


def refuse_changes(before: StudySpec, spec: StudySpec, how: str = "begun") -> None:
    """Refuses to go on with settings that change what was decided.

    Args:
        before: The study as it was recorded.
        spec: As it is asked for now, with what was added to it before.
        how: What was done with it first, in a word.

    Raises:
        StudyChanged: Settings differ.
    """
    changes = describe_changes(before, parts_of(spec)[len(before.earlier)])
    if before.preset != spec.preset and "quick" in (before.preset, spec.preset):
        raise StudyChanged(
            f"'{spec.study}' was {how} {_quickly(before)} and goes on {_quickly(before)}; give the "
            f"one {_quickly(spec)} a name of its own (--set study={spec.study}-2), or start afresh "
            "with --restart"
        )
    if changes:
        first = "finish it as it is, and then add to it; or " if asks_for_more(before, spec) else ""
        raise StudyChanged(
            f"'{spec.study}' was {how} with other settings ({'; '.join(changes)}); {first}give "
            f"the new one a name of its own (--set study={spec.study}-2), or start afresh with "
            "--restart"
        )


def _quickly(spec: StudySpec) -> str:
    return "with --quick" if spec.preset == "quick" else "without --quick"


def _forget(url: str, study: str, workspace: Workspace, say: Say) -> None:
    """Removes a study from the database; a damaged database is set aside where it was ours."""
    try:
        forget_study(url, study)
    except DamagedDatabase as problem:
        if not (workspace.folder(study) / FILE_NAME).exists():
            raise
        aside = set_aside(url)
        say(f"{workspace.database} was damaged ({problem.reason}); it is now {aside.name}")


def as_recorded(
    spec: StudySpec, earlier: StudyHistory | None, say: Say = lambda _sentence: None
) -> StudySpec:
    """The study with what earlier runs have added to it; a finished one may be asked for more.

    Args:
        say: Told where the claim keeps other looks than the study file asks for.

    Raises:
        StudyChanged: It is finished, and asked for something that changes what it decided.
    """
    if earlier is None:
        return spec
    before = recorded_study(earlier.spec)
    if len(spec.earlier) > len(before.earlier):
        return spec
    asked = with_additions(spec, before)
    if kept := describe_kept_looks(spec, asked):
        say(kept)
    if earlier.finished is None or not asks_for_more(before, asked):
        return asked
    return goes_on_with(before, asked)


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
