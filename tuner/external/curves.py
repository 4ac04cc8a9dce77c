"""Reads the numbers that a script writes while it trains: its output, or files that grow."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from tuner.events import NOT_IN_A_NAME, CurvePoint, Listener

MOST_POINTS = 200
STEPS = ("step", "global_step", "iter", "iteration")
EPOCH = "epoch"
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
        self._told_at: dict[str, int] = {}
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
            self.last |= values
            self._on_numbers(step, values)
            for name in (name for name, value in values.items() if not math.isfinite(value)):
                self.not_finite.setdefault(name, step)
            due = {
                name: value
                for name, value in values.items()
                if math.isfinite(value)
                and step >= self._told_at.get(name, -self._every) + self._every
            }
            if due:
                self._told_at |= dict.fromkeys(due, step)
                named = {f"{SECTION}/{name}": value for name, value in due.items()}
                self._listen(CurvePoint(number=self._number, step=step, values=named))
        return bool(values)

    def _step(self, numbers: Mapping[str, float]) -> int:
        for name in STEPS:
            if name in numbers and math.isfinite(numbers[name]):
                return max(0, int(numbers[name]))
        epoch = numbers.get(EPOCH)
        if epoch is not None and math.isfinite(epoch) and self._steps_per_epoch:
            return self._step_of_epoch(epoch, self._steps_per_epoch)
        return self._taken

    def _step_of_epoch(self, epoch: float, length: int) -> int:
        """The end of an epoch; those that are counted from 0 end one later than they are called."""
        self._from_zero = self._from_zero or epoch == 0
        whole = math.ceil(self._steps / length) * length
        step = max(0, int(epoch * length))
        return min(step + length, max(step, whole)) if self._from_zero else step


class GrowingFile:
    """A text file that grows, read up to its last whole line.

    What is in it at the beginning belongs to an earlier run and is skipped, unless the file is
    written anew.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = self._size()

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
            with self.path.open("rb") as file:
                file.seek(self._offset)
                for line in file:
                    if not line.endswith(b"\n") and not ended:
                        return
                    self._offset += len(line)
                    yield line.decode(errors="replace").strip()
        except OSError:
            return  # not there yet, or never


class JsonLines:
    """A file with a JSON object on each line."""

    def __init__(self, path: Path) -> None:
        self._file = GrowingFile(path)

    def new(self, *, ended: bool = False) -> Iterator[Record]:
        """What was written since the last call."""
        for line in self._file.lines(ended=ended):
            try:
                record = json.loads(line)
            except ValueError:
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
        for row in csv.reader(self._file.lines(ended=ended)):
            if self._names is None:
                self._names = [name.strip() for name in row]
            elif [name.strip() for name in row] != self._names:
                yield dict(zip(self._names, row, strict=False))


def _first_row(path: Path) -> list[str] | None:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return next(([name.strip() for name in row] for row in csv.reader(file)), None)
    except OSError:
        return None


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
