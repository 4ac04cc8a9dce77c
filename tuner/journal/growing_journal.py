"""A journal that another process writes, read as it grows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tuner.journal.journal_file import FILE_NAME, Entry, read_entries


class GrowingJournal:
    """The entries of a journal, each read once.

    Args:
        folder: Returns the study's folder, brought up to date.

    Attributes:
        folder: The study's folder.
    """

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._up_to_date = folder
        self.folder = folder()
        self._file = _file_in(self.folder)
        self._offset = 0

    def read(self) -> Sequence[Entry] | None:
        """The entries since the last call; None where another journal took its place.

        So it is after `tuner run --restart`.

        Raises:
            StorageError: The journal cannot be read.
        """
        self.folder = self._up_to_date()
        replaced = _file_in(self.folder) != self._file
        entries = [*read_entries(self.folder, 0 if replaced else self._offset)]
        if entries and replaced:
            return None
        if entries:
            self._offset = entries[-1].offset_after
        return entries


def _file_in(folder: Path) -> tuple[int, int] | None:
    """What tells a journal from others, whatever they are called; None where there is none."""
    try:
        found = (folder / FILE_NAME).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
