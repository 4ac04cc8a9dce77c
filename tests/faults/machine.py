"""Faults of what a study runs on: disk, database, clock, and another process."""

import errno
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from unittest.mock import patch

from filelock import FileLock
from small_disk import disk_of

from tuner.journal.journal_file import JournalFile

Inject = Callable[[Path], AbstractContextManager[None]]


def no_file_beyond(size: int) -> Inject:
    """No file grows beyond some bytes, that of a database included."""
    return lambda _home: disk_of(size)


class _Door:
    """Refuses what Python does with files, while it is closed."""

    def __init__(self) -> None:
        self.refuses: Callable[[str, tuple], bool] | None = None
        self.code = 0

    def __call__(self, event: str, arguments: tuple) -> None:
        if self.refuses is not None and self.refuses(event, arguments):
            raise OSError(self.code, os.strerror(self.code), str(arguments[0]))


_DOOR = _Door()
_IS_WATCHED = []


@contextmanager
def _closed(code: int, refuses: Callable[[str, tuple], bool]) -> Iterator[None]:
    if not _IS_WATCHED:
        sys.addaudithook(_DOOR)  # which cannot be taken back, so there is one
        _IS_WATCHED.append(True)
    _DOOR.code, _DOOR.refuses = code, refuses
    try:
        yield
    finally:
        _DOOR.refuses = None


def no_inodes(left: int) -> Inject:
    """Some files and folders can still be made in the working directory, and then no more."""

    @contextmanager
    def inject(home: Path) -> Iterator[None]:
        made: list[str] = []

        def refuses(event: str, arguments: tuple) -> bool:
            if not _makes(event, arguments) or not str(arguments[0]).startswith(str(home)):
                return False
            made.append(str(arguments[0]))
            return len(made) > left

        with _closed(errno.ENOSPC, refuses):
            yield

    return inject


def _makes(event: str, arguments: tuple) -> bool:
    if event == "os.mkdir":
        return True
    creates = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
    return bool(creates) and not os.path.exists(arguments[0])  # noqa: PTH110 - it may be a number


@contextmanager
def read_only(home: Path) -> Iterator[None]:
    """Nothing in the working directory can be opened for writing by Python."""

    def refuses(event: str, arguments: tuple) -> bool:
        writes = event in ("os.mkdir", "os.rename", "os.remove") or (
            event == "open"
            and isinstance(arguments[2], int)
            and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        )
        return bool(writes) and str(arguments[0]).startswith(str(home))

    with _closed(errno.EROFS, refuses):
        yield


@contextmanager
def database_locked(home: Path) -> Iterator[None]:
    """Another program writes to the database for longer than the tuner waits."""
    with (
        closing(sqlite3.connect(home / "tuner.db", isolation_level=None)) as other,
        patch("tuner.search.connections.SQLITE_PATIENCE", 0.2),
    ):
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def clock_set_back(_home: Path) -> Iterator[None]:
    """The clock says that it is a year ago."""
    with patch.object(JournalFile.__init__, "__defaults__", (lambda: time.time() - 3.15e7,)):
        yield


@contextmanager
def another_run(home: Path) -> Iterator[None]:
    """Another process runs the study."""
    with FileLock(home / "tuner-runs" / ".small.lock"):
        yield


@contextmanager
def only_killed(_home: Path) -> Iterator[None]:
    """Nothing breaks; the copy alone is what a kill leaves."""
    yield
