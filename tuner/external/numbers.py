"""The numbers of one trial: from `tuner.report`, and from where `trainer.metrics` points."""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping
from pathlib import Path

from tuner.external.curves import CsvLines, CurveReader, JsonLines, Record, from_output
from tuner.external.event_files import EVENTS, EventFiles
from tuner.external.script_api import REPORTS
from tuner.spec.placeholders import fill
from tuner.spec.trainer import MetricsSpec

Source = JsonLines | CsvLines | EventFiles


class Numbers:
    """Reads all numbers of a script and passes them to its curves.

    Create it before the script begins: what is there already belongs to an earlier run.

    Args:
        out: The trial's own folder, to which `tuner.report` writes.
        cwd: Folder that the paths of `asked` are relative to.
        fields: Values for the fields in them.

    Attributes:
        on_line: Takes the lines of the output; None where they are not read.
    """

    def __init__(
        self,
        asked: MetricsSpec | None,
        out: Path,
        cwd: Path,
        fields: Mapping[str, str],
        curve: CurveReader,
    ) -> None:
        self._asked, self._out, self._cwd, self._fields = asked, out, cwd, fields
        self._curve = curve
        self._reports = JsonLines(out / REPORTS)
        self._source = _source(asked, cwd, fields) if asked else None
        self._found = False
        pattern = asked.stdout if asked else None
        self.on_line: Callable[[str], None] | None = None
        if pattern:
            self.on_line = from_output(pattern, self._take)

    def read_new(self, *, ended: bool = False) -> None:
        """Reads what is new.

        Args:
            ended: Whether the script has ended.
        """
        for record in self._reports.new(ended=ended):
            self._curve.take(record)
        if self._source is not None:
            for record in self._source.new(ended=ended):
                self._take(record)

    def _take(self, record: Record) -> None:
        self._found = self._curve.take(record) or self._found

    @property
    def missing_numbers(self) -> str:
        """Why `trainer.metrics` found nothing; empty where it found something."""
        if self._asked is None or self._found:
            return ""
        return f"trainer.metrics found no numbers: {self._nothing(self._asked)}"

    def _nothing(self, asked: MetricsSpec) -> str:
        if asked.tensorboard is not None:
            assert isinstance(self._source, EventFiles), "made of the same"
            if self._source.any:
                return f"the event files in '{asked.tensorboard}' have no scalars"
            return f"no event files in '{asked.tensorboard}'{self._elsewhere()}"
        file = asked.jsonl or asked.csv
        if file is None:
            return "no line of the output matches with a number"
        if not (self._cwd / fill(file, self._fields)).exists():
            return f"there is no file '{file}'"
        return f"no line of '{file}' has any"

    def _elsewhere(self) -> str:
        """Where in the trial's own folder there are event files instead."""
        file = min(self._out.rglob(f"*{EVENTS}*"), default=None)
        if file is None:
            return ""
        return f" (there are some in '{Path('{out}', file.parent.relative_to(self._out))}')"


def _source(asked: MetricsSpec, cwd: Path, fields: Mapping[str, str]) -> Source | None:
    if asked.jsonl is not None:
        return JsonLines(cwd / fill(asked.jsonl, fields))
    if asked.csv is not None:
        return CsvLines(cwd / fill(asked.csv, fields))
    if asked.tensorboard is not None:
        # Filled-in values are literal: brackets in the name of a folder are no pattern.
        folders = fill(asked.tensorboard, fields, glob.escape)
        return EventFiles(folders, cwd, "epoch" if asked.counts == "epochs" else "step")
    return None
