"""What breaks in a command, at a boundary between two of its steps."""

import os
import resource
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from tuner.distributed.journal_table import JournalTable
from tuner.journal.journal_file import JournalFile

HELD = []
"""What has to live as long as the process."""


def break_at(home: Path, boundary: str, number: int, what: str, *arguments) -> None:
    """Breaks something once a number of events was written, or files were changed before it."""
    BOUNDARIES[boundary](home, number, lambda: FAULTS[what](home, *arguments))


def after_event(_home: Path, number: int, act: Callable[[], None]) -> None:
    """Acts once an event is in the journal, and nothing else has heard of it."""
    append, numbers = JournalFile.append, count()

    def append_and_act(journal, event):
        append(journal, event)
        if next(numbers) == number:
            act()

    JournalFile.append = append_and_act


def after_append(_home: Path, number: int, act: Callable[[], None]) -> None:
    """Acts once a worker has written lines to the journal of a shared study."""
    append, numbers = JournalTable.append, count()

    def append_and_act(table, drafts):
        new = append(table, drafts)
        if next(numbers) == number:
            act()
        return new

    JournalTable.append = append_and_act


def before_file_change(home: Path, number: int, act: Callable[[], None]) -> None:
    """Acts before Python opens a file for writing, renames or removes one, or makes a folder."""
    numbers, root = count(), str(home)

    def watch(event: str, arguments: tuple) -> None:
        if _changes(event, arguments, root) and next(numbers) == number:
            act()

    sys.addaudithook(watch)


def counted(home: Path, _number: int, _act: Callable[[], None]) -> None:
    """Breaks nothing; `changes.txt` has a line for every change of a file."""
    changes = os.open(home / "changes.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def watch(event: str, arguments: tuple) -> None:
        if _changes(event, arguments, str(home)):
            os.write(changes, f"{event} {arguments[0]}\n".encode())

    sys.addaudithook(watch)


BOUNDARIES = {
    "event": after_event,
    "append": after_append,
    "file": before_file_change,
    "count": counted,
}


def _changes(event: str, arguments: tuple, root: str) -> bool:
    if event == "open":
        writes = isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        return bool(writes) and _is_below(arguments[0], root)
    names = ("os.mkdir", "os.rename", "os.remove", "os.rmdir")
    return event in names and _is_below(arguments[0], root)


def _is_below(name: object, root: str) -> bool:
    return not str(name).startswith("/") or str(name).startswith(root)


def _signaled(_home: Path, number: int) -> None:
    os.kill(os.getpid(), number)


def _signaled_twice(_home: Path, number: int) -> None:
    """The second one comes while the first one is being obeyed."""
    close = JournalFile.close

    def close_and_send(journal):
        close(journal)
        JournalFile.close = close
        os.kill(os.getpid(), number)

    JournalFile.close = close_and_send
    os.kill(os.getpid(), number)


def _held_still(_home: Path) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _database_locked(home: Path) -> None:
    other = sqlite3.connect(home / "tuner.db", isolation_level=None)
    HELD.append(other)
    other.execute("BEGIN IMMEDIATE")


def _clock_set_back(_home: Path) -> None:
    now = time.time
    time.time = lambda: now() - 3.15e7


def _memory_limited(_home: Path, more: int) -> None:
    """The process gets this many bytes more, and then none."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def _memory_error(_home: Path) -> None:
    raise MemoryError


def _photo_deleted(home: Path) -> None:
    (home / "photos" / "p1.png").unlink()


def _photo_replaced(home: Path) -> None:
    from small_photos import colorful

    colorful(99, 210, 130).save(home / "photos" / "p1.png")


FAULTS = {
    "signal": _signaled,
    "signal twice": _signaled_twice,
    "held still": _held_still,
    "database locked": _database_locked,
    "clock set back": _clock_set_back,
    "memory limited": _memory_limited,
    "memory error": _memory_error,
    "photo deleted": _photo_deleted,
    "photo replaced": _photo_replaced,
}
