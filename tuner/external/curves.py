"""Reads the numbers that a script writes while it trains: its output, or files that grow."""

from __future__ import annotations

import csv
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from tuner.files.bounded import lines_from
from tuner.results.events import NOT_IN_A_NAME, CurvePoint, Listener

MOST_POINTS = 200
"""Of each curve at its first density; each further as many are twice as far apart."""

MOST_NAMES = 1000
"""Numbers by name; a script that makes up names without end would fill the memory."""

LAST_STEP = 2**53
STEPS = ("step", "global_step", "iter", "iteration")
EPOCH = "epoch"
LONGEST_LINE = 2**20
SECTION = "own"
"""Prefix of the names of curves, so that none is taken for a curve of the tuner."""

Record = Mapping[str, Any]
"""Numbers by name, the step among them; texts where they were read from text."""


class CurveReader:
    """The curves of one trial.

    Args:
        number: Of the trial.
        steps: Steps of the trial; decides how many points are recorded.
        listen: Called with every point.
        steps_per_epoch: Turns epochs into steps.
        on_numbers: Called with the numbers of each step, those too that are not recorded.

    Attributes:
        last: The latest of each number, also where it is not finite.
        not_finite: The first step at which a number was NaN or infinite, by its name.
    """

    def __init__(
        self,
        number: int,
        steps: int,
        listen: Listener,
        steps_per_epoch: int | None = None,
        on_numbers: Callable[[int, Mapping[str, float]], None] = lambda _step, _values: None,
    ) -> None:
        self.last: dict[str, float] = {}
        self.not_finite: dict[str, int] = {}
        self._steps = steps
        self._from_zero = False
        self._number = number
        self._listen = listen
        self._steps_per_epoch = steps_per_epoch
        self._on_numbers = on_numbers
        self._every = max(1, steps // MOST_POINTS)
        self._taken = 0
        self._recorded_at: dict[str, int] = {}
        self._points = Counter[str]()  # recorded ones, by name
        self._lock = Lock()

    def take(self, record: Record) -> bool:
        """Takes the numbers of one step; other values are ignored.

        Returns:
            Whether there was any.
        """
        numbers = {str(key): number for key, value in record.items()
                   if (number := as_number(value)) is not None}  # fmt: skip
        values = {NOT_IN_A_NAME.sub("_", key): value for key, value in numbers.items()
                  if key not in {*STEPS, EPOCH}}  # fmt: skip
        with self._lock:
            self._taken += 1
            step = self._step(numbers)
            values = self._known(values)
            self.last |= values
            self._on_numbers(step, values)
            finite = {name: value for name, value in values.items() if math.isfinite(value)}
            for name in values:
                if name not in finite:
                    self.not_finite.setdefault(name, step)
            self._record_due(step, finite)
        return bool(values)

    def _known(self, values: Mapping[str, float]) -> dict[str, float]:
        """The values without those of new names for which there is no room any more."""
        room = max(0, MOST_NAMES - len(self.last))
        left_out = {*[name for name in values if name not in self.last][room:]}
        return {name: value for name, value in values.items() if name not in left_out}

    def _record_due(self, step: int, values: Mapping[str, float]) -> None:
        """Records the numbers of a step that are due again."""
        due = {name: value for name, value in values.items() if step >= self._next_step(name)}
        if due:
            self._recorded_at |= dict.fromkeys(due, step)
            self._points.update(due.keys())
            named = {f"{SECTION}/{name}": value for name, value in due.items()}
            self._listen(CurvePoint(number=self._number, step=step, values=named))

    def _next_step(self, name: str) -> int:
        """From which step on a number is recorded again."""
        if name not in self._recorded_at:
            return 0
        return self._recorded_at[name] + (self._every << self._points[name] // MOST_POINTS)

    def _step(self, numbers: Mapping[str, float]) -> int:
        for name in STEPS:
            if name in numbers and math.isfinite(numbers[name]):
                return min(max(0, int(numbers[name])), LAST_STEP)
        epoch = numbers.get(EPOCH)
        if epoch is not None and math.isfinite(epoch) and self._steps_per_epoch:
            return self._step_of_epoch(epoch, self._steps_per_epoch)
        return self._taken

    def _step_of_epoch(self, epoch: float, length: int) -> int:
        """The end of an epoch; those that are counted from 0 end one later than they are called."""
        self._from_zero = self._from_zero or epoch == 0
        whole = math.ceil(self._steps / length) * length
        step = min(max(0, int(min(epoch, LAST_STEP) * length)), LAST_STEP)
        return min(step + length, max(step, whole)) if self._from_zero else step


class GrowingFile:
    """A text file that grows, read up to its last whole line.

    What is in it at the beginning belongs to an earlier run and is skipped, unless the file is
    written anew. A line of a megabyte or more is no record, and is skipped.

    Args:
        from_its_end: Whether what is in it at the beginning is skipped.
    """

    def __init__(self, path: Path, *, from_its_end: bool = True) -> None:
        self.path = path
        self._offset = self._size() if from_its_end else 0
        self._inside = False  # of a line that is too long, of which all pieces are skipped

    def _size(self) -> int:
        try:
            return self.path.stat().st_size
        except OSError:
            return 0  # not there yet

    def lines(self, *, ended: bool = False) -> Iterator[str]:
        """Its new lines.

        Args:
            ended: Whether the writer has ended, so that a last line needs no newline.
        """
        if self._size() < self._offset:
            self._offset = 0
        try:
            for line, after in lines_from(self.path, self._offset, LONGEST_LINE):
                if not line.endswith(b"\n") and not ended and len(line) < LONGEST_LINE:
                    return
                self._offset = after
                whole, self._inside = not self._inside, not line.endswith(b"\n")
                if whole and len(line) < LONGEST_LINE:
                    yield from line.decode(errors="replace").strip().split("\r")
        except OSError:
            return  # not there yet, or never, or no file


class JsonLines:
    """A file with a JSON object on each line."""

    def __init__(self, path: Path) -> None:
        self._file = GrowingFile(path)

    def new(self, *, ended: bool = False) -> Iterator[Record]:
        """What was written since the last call."""
        for line in self._file.lines(ended=ended):
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(record, dict):
                yield record


class CsvLines:
    """A file whose first line names the columns."""

    def __init__(self, path: Path) -> None:
        self._names = _first_row(path)  # this run may append to the file of an earlier one
        self._file = GrowingFile(path)

    def new(self, *, ended: bool = False) -> Iterator[Record]:
        """What was written since the last call."""
        for row in _rows(self._file.lines(ended=ended)):
            if self._names is None:
                self._names = [name.strip() for name in row]
            elif [name.strip() for name in row] != self._names:
                yield dict(zip(self._names, row, strict=False))


def _first_row(path: Path) -> list[str] | None:
    lines = GrowingFile(path, from_its_end=False).lines(ended=True)
    return next(([name.strip() for name in row] for row in _rows(lines)), None)


def _rows(lines: Iterator[str]) -> Iterator[list[str]]:
    """The cells of each line; a line that is no row is skipped, and ends no other one."""
    for line in lines:
        with suppress(csv.Error):
            yield from (row for row in csv.reader([line]) if row)


def from_output(pattern: str, take: Callable[[Record], object]) -> Callable[[str], None]:
    """Passes on the named groups of every line that matches."""
    compiled = re.compile(pattern)

    def on_line(line: str) -> None:
        found = compiled.search(line)
        if found:
            take(found.groupdict())

    return on_line


def as_number(value: Any) -> float | None:
    """A number as programs print it, thousands with commas among them; None for all else."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        value = value.replace(",", "").strip()
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None
