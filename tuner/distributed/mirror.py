"""Copies the journal of a shared study, and its files, into a folder of this machine.

Everything that reads a study on disk then reads it there: `status`, `show`, `export`, the report,
and the forwarder to MLflow. Only new lines and files are copied.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from tuner.distributed.journal_table import FILE, JournalTable
from tuner.files.atomic import write_whole
from tuner.journal.journal_file import FILE_NAME, JournalFile
from tuner.journal.workspace import MIRROR


@dataclass(frozen=True)
class _State:
    """How far a folder has been copied.

    Attributes:
        number: Of the last line that was copied.
        size: Of the journal with that line, in bytes; later bytes are cut and copied again.
    """

    number: int = 0
    size: int = 0


class Mirror:
    """A folder of this machine that is a copy of a shared study.

    Args:
        folder: The study's folder here; several processes may bring it up to date.
    """

    def __init__(self, journal: JournalTable, folder: Path) -> None:
        self._journal = journal
        self._folder = folder

    def pull(self) -> int:
        """Copies what is new.

        Returns:
            Number of the last line that the folder has.

        Raises:
            StorageError: The folder cannot be written.
        """
        with FileLock(self._folder.parent / f".{self._folder.name}.mirror.lock"):
            state = self._read_state()
            lines = self._journal.read(state.number)
            if not lines:
                return state.number
            self._cut(state)
            with JournalFile(self._folder) as journal:
                for line in lines:
                    if line.kind == FILE:
                        self._journal.copy_file(self._folder, line.text)
                    else:
                        journal.append_line(line.text, through=False)
            size = (self._folder / FILE_NAME).stat().st_size
            self._write_state(_State(lines[-1].number, size))
            return lines[-1].number

    def _cut(self, state: _State) -> None:
        """Cuts lines of an earlier call that was killed before it wrote its state."""
        journal = self._folder / FILE_NAME
        if journal.exists() and journal.stat().st_size > state.size:
            with journal.open("r+b") as file:
                file.truncate(state.size)

    def _read_state(self) -> _State:
        file = self._folder / MIRROR
        return _State(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else _State()

    def _write_state(self, state: _State) -> None:
        write_whole(self._folder / MIRROR, json.dumps(asdict(state)))
