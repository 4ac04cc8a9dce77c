"""The journal file: every event of a study, on disk before any listener hears of it.

`journal.jsonl` begins with a header line, `{"journal": 1}`; every further line is one event of
`tuner.results.events` as a JSON object, with `at`, the seconds since the epoch, beside its fields,
and a checksum of the line and its place. So a line that was changed, removed or moved is noticed.
One process appends to it; any number of processes may read it meanwhile.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tuner.errors import StorageError
from tuner.files.bounded import require_regular
from tuner.journal.event_json import as_line, from_line, reason_of, strict
from tuner.journal.line_checksum import with_checksum, without_checksum
from tuner.results.events import CurvePoint, Event

FILE_NAME = "journal.jsonl"
VERSION = 1
CURVE_POINT = re.compile(rb'\{"at": [-+.\de]+, "event": "curve point", ')
"""The beginning of the line of a point of a curve."""

DAMAGED = (
    "this line is damaged; restore the file from a copy, or move the study's folder away and run "
    "the study again"
)
FOREIGN = "this line is of another version of the tuner ({}); use that version"

LONGEST_LINE = 2**18  # bytes; far above the line that opens a study, which is the longest


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal.

    Attributes:
        event: What happened.
        at: When it was written, in seconds since the epoch.
        offset_after: Where the next line starts, in bytes from the beginning of the file.
    """

    event: Event
    at: float
    offset_after: int


class JournalFile:
    """An append-only file of events.

    Opening it cuts off an incomplete last line, so a process that was killed while it wrote loses
    that line and nothing else.

    Args:
        folder: The study's folder; it is made where it does not exist.
        clock: Returns the seconds since the epoch.

    Raises:
        StorageError: The folder or the file cannot be used.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = folder / FILE_NAME
        self._clock = clock
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if self.path.exists():
                require_regular(self.path)
            self._end = _end_of_whole_lines(self.path)
            self._file = self.path.open("a+b", buffering=0)
        except OSError as error:
            raise StorageError(_unwritable(self.path, error)) from error
        self._file.truncate(self._end)
        if self._end == 0:
            self._write(strict({"journal": VERSION}).encode() + b"\n", through=True)
            _sync_folder(folder)

    def append(self, event: Event) -> None:
        """Writes one event.

        All events but points of curves are written through to the device. There are thousands of
        points; a power cut (not a killed process) may lose the latest ones.

        Raises:
            StorageError: The line cannot be written; what was there before stays readable.
        """
        self.append_line(as_line(event, self._clock()), through=not isinstance(event, CurvePoint))

    def append_line(self, line: str, *, through: bool) -> None:
        """Writes an event that is a line already, from another journal.

        Args:
            through: Whether it is written through to the device.

        Raises:
            StorageError: As above.
        """
        self._write(with_checksum(line.encode(), self._end), through=through)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, line: bytes, *, through: bool) -> None:
        try:
            written = 0
            while written < len(line):
                written += self._file.write(line[written:])
            if through:
                os.fsync(self._file.fileno())
        except OSError as error:
            # Half a line in the middle would make everything after it unreadable.
            self._file.truncate(self._end)
            raise StorageError(_unwritable(self.path, error)) from error
        self._end += len(line)


def read_entries(folder: Path, offset: int = 0, *, curves: bool = True) -> Iterator[Entry]:
    """Reads the whole lines of a journal; a study without a journal has none.

    Args:
        folder: The study's folder.
        offset: Where to begin: 0, or the `offset_after` of an earlier entry.
        curves: Whether points of curves are read. They are 98 % of the file; without them only the
            last line may be one, since it tells when the study last wrote.

    Raises:
        StorageError: The file cannot be read, or is of another version, or is damaged.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return
    try:
        require_regular(path)
        with path.open("rb") as file:
            header = file.readline(LONGEST_LINE)
            if not header.endswith(b"\n"):
                return
            _check_header(path, header)
            after = max(offset, len(header))
            file.seek(after)
            skipped = b""
            for line in file:
                if not line.endswith(b"\n"):
                    break
                skipped = b"" if curves or not CURVE_POINT.match(line) else line
                if not skipped:
                    yield _entry(path, line, after)
                after += len(line)
            if skipped:
                yield _entry(path, skipped, after - len(skipped))
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror})") from error


def count_entries(folder: Path, offset: int = 0) -> int:
    """Number of whole lines of a journal from an offset on, without looking into them."""
    path = folder / FILE_NAME
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        file.seek(offset)
        lines = sum(1 for line in file if line.endswith(b"\n"))
    return max(0, lines - (offset == 0))


def last_event(folder: Path) -> str:
    """Name of the latest event, found without reading the whole file; empty where there is none."""
    path = folder / FILE_NAME
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LONGEST_LINE))
        lines = file.read().split(b"\n")[:-1]
    try:
        return str(json.loads(lines[-1]).get("event", ""))
    except (IndexError, ValueError):
        return ""


def _entry(path: Path, line: bytes, place: int) -> Entry:
    whole = line
    try:
        whole = without_checksum(line, place)
        event, at = from_line(whole)
    except ValueError as error:  # pydantic's error is a ValueError, too
        number = path.read_bytes()[:place].count(b"\n") + 1
        is_as_written = whole != line  # it had a checksum, which fits
        what = FOREIGN.format(reason_of(error)) if is_as_written else DAMAGED
        raise StorageError(f"{path}:{number}: {what}") from error
    return Entry(event, at, place + len(line))


def _check_header(path: Path, header: bytes) -> None:
    try:
        version = json.loads(header)["journal"]
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{path}:1: this is not a journal of the tuner") from error
    if version != VERSION:
        raise StorageError(
            f"{path}:1: a journal of version {version}, but this tuner reads version {VERSION}; "
            "use the tuner that wrote it"
        )


def _end_of_whole_lines(path: Path) -> int:
    """Offset of the next line; refuses other files before anything is cut."""
    content = path.read_bytes() if path.exists() else b""
    end = content.rfind(b"\n") + 1
    if end or not b'{"journal": '.startswith(content[:12]):
        _check_header(path, content.partition(b"\n")[0])
    return end


def _sync_folder(folder: Path) -> None:
    """Makes a new file's name survive a power cut, where folders can be written through."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritable(path: Path, error: OSError) -> str:
    return f"{path}: the journal cannot be written ({error.strerror}); nothing in it is lost"
