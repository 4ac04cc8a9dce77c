"""Keeps the output of a process: its beginning and end on disk, its last lines in memory.

Memory and disk hold at most `HEAD` and `TAIL` bytes of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from tuner.errors import StorageError

HEAD = 1 << 20
TAIL = 1 << 20
LONGEST_LINE = 1 << 16
CHUNK = 1 << 16


class Output:
    """Takes what a process prints, chunk by chunk.

    Args:
        path: The file that keeps it.
        on_line: Called with every line, also with lines that end in a carriage return, as those
            of progress bars do.

    Raises:
        StorageError: The file cannot be made.
    """

    def __init__(self, path: Path, on_line: Callable[[str], None] | None = None) -> None:
        self._file: BinaryIO | None = _opened(path)
        self._on_line = on_line
        self._total = 0
        self._end = bytearray()
        self._line = b""
        self._problem: Exception | None = None

    def read_all(self, pipe: int) -> None:
        """Reads a pipe to its end and closes it; after an error, too, or the writer would block."""
        try:
            while chunk := os.read(pipe, CHUNK):
                self._take(chunk)
        finally:
            os.close(pipe)

    def close(self) -> None:
        """Writes the end of the output behind its beginning.

        Raises:
            Exception: What `on_line` raised.
        """
        if self._line:
            self._tell(self._line)
            self._line = b""
        beyond = max(0, self._total - HEAD)
        kept = min(beyond, len(self._end), TAIL)
        if beyond > kept:
            self._write(f"\n... {beyond - kept} bytes are left out here ...\n".encode())
        if kept:
            self._write(bytes(self._end[-kept:]))
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._problem is not None:
            raise self._problem

    def last_lines(self, count: int) -> tuple[str, ...]:
        """The last lines that are not blank."""
        lines = re.split(r"[\r\n]+", bytes(self._end[-LONGEST_LINE:]).decode(errors="replace"))
        return tuple(line.rstrip() for line in lines if line.strip())[-count:]

    def _take(self, chunk: bytes) -> None:
        room = max(0, HEAD - self._total)
        self._write(chunk[:room])
        self._total += len(chunk)
        self._end += chunk
        if len(self._end) > 2 * TAIL:  # cut now and then, not at every chunk
            del self._end[:-TAIL]
        if self._on_line is not None:
            *lines, rest = re.split(rb"[\r\n]+", self._line + chunk)
            for line in lines:
                self._tell(line)
            self._line = rest[-LONGEST_LINE:]

    def _tell(self, line: bytes) -> None:
        if self._on_line is None or not line or self._problem is not None:
            return
        try:
            self._on_line(line.decode(errors="replace"))
        except Exception as problem:  # noqa: BLE001 - it is raised again by `close`
            self._problem = problem

    def _write(self, content: bytes) -> None:
        """Writes to the file; a full disk must not block the process that prints."""
        if self._file is None or not content:
            return
        try:
            self._file.write(content)
        except OSError:
            self._file.close()
            self._file = None


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("wb", buffering=0)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror})") from error
