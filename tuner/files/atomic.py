"""Writes files completely or not at all, also when the process is killed meanwhile."""

from __future__ import annotations

import errno
import glob
import itertools
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from tuner.errors import StorageError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LONGEST_NAME = 200
"""Bytes of a file's name in the name of its draft; a file system takes 255."""

LONG_AGO = 3600.0
"""Seconds after which a draft counts as left by a killed process, where no lock can tell."""


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes a file, and replaces an earlier one; text as UTF-8.

    Raises:
        StorageError: The file cannot be written.
    """
    try:
        with draft_of(path) as draft:
            draft.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror})") from error


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """An empty file beside a path, which replaces the path at the end, once it is on the disk.

    The folder is made where it is missing. A link stays, and what it points to is replaced. An
    exception inside removes the draft.

    Raises:
        OSError: The folder or the file cannot be written.
    """
    path = writable(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_left_drafts(path)
    draft, held = _new_draft(path)
    try:
        yield draft
        with draft.open("r+b") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    finally:
        held.close()


def refuse_place(path: Path) -> None:
    """Refuses a place where no file can be written, before any work is spent on it.

    Raises:
        StorageError: It is a folder, a device, a pipe, or below something that is no folder.
    """
    try:
        above = writable(path).parent
        while not above.exists():
            above = above.parent
        if not above.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(above))
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror})") from error


def writable(path: Path) -> Path:
    """The path of a file that may be replaced: links are followed.

    Raises:
        OSError: It is a folder, a device, a pipe, or a loop of links.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is a device or a pipe; '-' prints", str(path))
    return target


def unused_name(path: Path, ending: str = "") -> Path:
    """The first of `NAME.1`, `NAME.2`, ... beside a path that is not there; `NAME.damaged-1`, ...

    Args:
        ending: What stands before the number, such as `damaged-`.
    """
    names = (path.with_name(f"{path.name}.{ending}{number}") for number in itertools.count(1))
    return next(name for name in names if not name.exists())


def _start_of(name: str) -> str:
    """As much of a name as leaves room for the rest of a draft's name."""
    return os.fsdecode(os.fsencode(name)[:LONGEST_NAME])


def _new_draft(path: Path) -> tuple[Path, BinaryIO]:
    """An empty draft, and what holds it as long as this process writes it."""
    while True:
        draft = path.with_name(f".{_start_of(path.name)}.{secrets.token_hex(8)}.draft")
        held = draft.open("xb")  # unlike a file of tempfile, with the usual permissions
        if fcntl is None:
            held.close()  # an open file cannot be renamed there
            return draft, held
        fcntl.flock(held, fcntl.LOCK_EX)
        if draft.exists():  # another process may have taken it for one that was left
            return draft, held
        held.close()


def _remove_left_drafts(path: Path) -> None:
    """Removes the drafts of a file that killed processes have left."""
    for draft in path.parent.glob(f".{glob.escape(_start_of(path.name))}.*.draft"):
        with suppress(OSError):  # it is being written, or was removed, or is of another user
            if _is_left(draft):
                draft.unlink()


def _is_left(draft: Path) -> bool:
    """Whether no process writes a draft; the system frees the lock of one that was killed."""
    if fcntl is None:
        return time.time() - draft.stat().st_mtime > LONG_AGO
    with draft.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True
