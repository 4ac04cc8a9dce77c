"""Copies files of a shared study to this machine, each whole or not at all."""

from __future__ import annotations

from pathlib import Path

from tuner.distributed.journal_table import JournalTable
from tuner.files.atomic import write_whole


def fetch_file(journal: JournalTable, folder: Path, path: str) -> None:
    """Copies one file into the study's folder; skips unknown files and paths outside the folder.

    Args:
        path: Relative to the folder, with slashes.

    Raises:
        StorageError: The folder cannot be written.
    """
    place = (folder / path).resolve()
    content = journal.file(path) if place.is_relative_to(folder.resolve()) else None
    if content is not None:
        write_whole(place, content)
