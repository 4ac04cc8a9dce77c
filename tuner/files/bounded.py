"""Reads files that come from outside: regular files only, and no more than fits.

A pipe would block for ever, a device never ends, and a file of a gigabyte is no study.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

MEGABYTE = 2**20


def read_bounded(path: Path, megabytes: int) -> bytes:
    """The content of a regular file of at most so many megabytes.

    Raises:
        OSError: It is a folder, a device or a pipe, is too large, or cannot be read.
    """
    require_regular(path)
    with path.open("rb") as file:
        content = file.read(megabytes * MEGABYTE + 1)
    if len(content) > megabytes * MEGABYTE:
        raise OSError(errno.EFBIG, f"larger than {megabytes} MB", str(path))
    return content


def lines_from(path: Path, offset: int, longest: int) -> Iterator[tuple[bytes, int]]:
    """The lines of a regular file from an offset on, each with the offset behind it.

    A line that is longer comes in pieces of `longest` bytes, of which only the last ends with a
    newline.

    Raises:
        OSError: As above.
    """
    require_regular(path)
    with path.open("rb") as file:
        file.seek(offset)
        while line := file.readline(longest):
            yield line, file.tell()


def require_regular(path: Path) -> None:
    """Refuses everything but a regular file, before it is opened.

    Raises:
        OSError: It is a folder, a device or a pipe, or is not there.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "a device or a pipe, expected a file", str(path))
