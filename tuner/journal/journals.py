"""Two forms of the journal of a study: in memory, and in a file.

The third form, a table that many machines share, is `distributed.table_journal`.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol, Self

from tuner.journal.history import StudyHistory
from tuner.journal.history_builder import HistoryBuilder
from tuner.journal.journal_file import Entry, JournalFile, read_entries
from tuner.results import TrialResult
from tuner.results.events import Event, Judgement, StudyFinished

Conclusion = Judgement | StudyFinished
"""Events that follow from results; each is recorded once."""


class Journal(Protocol):
    """Everything that happened in one study, in order."""

    def append(self, event: Event) -> None:
        """Writes one event."""

    def has(self, event: Conclusion) -> bool:
        """Whether the journal has this conclusion."""

    def results(self) -> tuple[TrialResult, ...]:
        """The results of all trials that ended, in the order of their numbers."""

    def close(self) -> None:
        """Closes what is open."""


class MemoryJournal:
    """A journal in memory; it ends with its process."""

    def __init__(self) -> None:
        self._builder = HistoryBuilder()

    def append(self, event: Event) -> None:
        """Takes in one event."""
        self._builder.add(Entry(event, time.time(), 0))

    def has(self, event: Conclusion) -> bool:
        """Whether the journal has this conclusion."""
        return self._builder.has(event)

    def results(self) -> tuple[TrialResult, ...]:
        """The results of all trials that ended, in the order of their numbers."""
        return self._builder.results()

    def history(self) -> StudyHistory | None:
        """The study as it stands now; None before it was opened."""
        return self._builder.history()

    def close(self) -> None:
        """Nothing is open."""


class FileJournal(MemoryJournal):
    """The journal in a study's folder; the file is opened when there is something to write.

    Args:
        folder: The study's folder.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._file: JournalFile | None = None

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The journal with all events of an earlier run.

        Raises:
            StorageError: It cannot be read.
        """
        journal = cls(folder)
        for entry in read_entries(folder):
            journal._builder.add(entry)
        return journal

    def append(self, event: Event) -> None:
        """Writes one event.

        Raises:
            StorageError: The file cannot be written.
        """
        if self._file is None:
            self._file = JournalFile(self._folder)
        self._file.append(event)
        super().append(event)

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
