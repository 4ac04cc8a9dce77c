"""Writes files completely or not at all, also when the process is killed meanwhile."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tuner.errors import StorageError

LONG_AGO = 3600.0
"""Seconds after which a draft belongs to a process that was killed."""


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

    The folder is made where it is missing. An exception inside removes the draft.

    Raises:
        OSError: The folder or the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.draft")
    draft.open("xb").close()  # unlike a file of tempfile, with the usual permissions
    try:
        yield draft
        with draft.open("r+b") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def remove_old_drafts(path: Path) -> None:
    """Removes the drafts of a file that killed processes have left.

    Raises:
        OSError: A draft cannot be removed.
    """
    for left in path.parent.glob(f".{path.name}.*.draft"):
        if time.time() - left.stat().st_mtime > LONG_AGO:
            left.unlink(missing_ok=True)
