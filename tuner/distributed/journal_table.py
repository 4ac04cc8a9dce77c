"""The journal of a shared study: a table that all its workers append to.

Lines are numbered in the order in which they become visible, so a reader that has read up to a
number has missed nothing before it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import time

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from tuner.distributed.database import Database, in_turn
from tuner.distributed.tables import files, journal
from tuner.files.atomic import write_whole
from tuner.journal.event_json import as_line, from_line
from tuner.journal.other_version import of_another_version
from tuner.results import TrialResult
from tuner.results.events import Event, TrialFinished

FILE = "file"
"""Kind of a line that is no event: it names a file that was stored before the next event."""

FINISHED = "trial finished"


@dataclass(frozen=True, slots=True)
class TableLine:
    """One line of a journal.

    Attributes:
        number: Lines of all studies are counted together, ascending.
        kind: The name of the event, or `file`.
        text: The event as JSON, or the file's path.
    """

    number: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line to append; of lines with equal keys only the first is kept."""

    key: str
    kind: str
    text: str


class JournalTable:
    """Reads and appends the lines of one study.

    Args:
        study: Its uid.
        writer: Unique name of the process.
        clock: Returns the seconds since the epoch.
    """

    def __init__(
        self, database: Database, study: str, writer: str, clock: Callable[[], float] = time
    ) -> None:
        self.study = study
        self._database = database
        self._writer = writer
        self._clock = clock
        self._count = itertools.count(1)

    def draft(self, event: Event, key: str = "") -> NewLine:
        """A line with an event and the time of now.

        Args:
            key: Equal for events of which only the first counts; empty for the others.
        """
        return NewLine(key or self._own_key(), event.event, as_line(event, self._clock()))

    def append(self, drafts: Sequence[NewLine]) -> int:
        """Appends lines in order; returns how many were new."""
        if not drafts:
            return 0
        return self._database.with_retries(lambda: self._append(drafts))

    def keep_file(self, path: str, content: bytes) -> None:
        """Stores a file of the study, in place of an earlier one, and appends a line with its name.

        Args:
            path: Relative to the study's folder, with slashes.
        """
        draft = NewLine(self._own_key(), FILE, path)

        def keep() -> None:
            with self._database.change() as connection:
                insert = _insert(connection)(files)
                values = {"study": self.study, "path": path, "content": content}
                connection.execute(
                    insert.values(values).on_conflict_do_update(
                        index_elements=["study", "path"], set_={"content": insert.excluded.content}
                    )
                )
                self._write(connection, [draft])

        self._database.with_retries(keep)

    def file(self, path: str) -> bytes | None:
        """The content of a file; None where there is none."""
        wanted = select(files.c.content).where(files.c.study == self.study, files.c.path == path)

        def find() -> bytes | None:
            with self._database.change() as connection:
                return connection.execute(wanted).scalar()

        return self._database.with_retries(find)

    def copy_file(self, folder: Path, path: str) -> None:
        """Copies a file into the study's folder; skips unknown files and paths outside of it.

        Args:
            path: Relative to the folder, with slashes.

        Raises:
            StorageError: The folder cannot be written.
        """
        place = (folder / path).resolve()
        content = self.file(path) if place.is_relative_to(folder.resolve()) else None
        if content is not None:
            write_whole(place, content)

    def read(self, after: int = 0, kinds: Sequence[str] = ()) -> list[TableLine]:
        """The lines after a number.

        Args:
            kinds: Only lines of these kinds; empty for all.
        """
        wanted = select(journal.c.id, journal.c.kind, journal.c.line).order_by(journal.c.id)
        wanted = wanted.where(journal.c.study == self.study, journal.c.id > after)
        if kinds:
            wanted = wanted.where(journal.c.kind.in_(kinds))

        def look() -> list[TableLine]:
            with self._database.change() as connection:
                return [TableLine(*row) for row in connection.execute(wanted)]

        return self._database.with_retries(look)

    def latest(self) -> int:
        """Number of the last line; 0 before there is one."""
        wanted = select(func.max(journal.c.id)).where(journal.c.study == self.study)

        def look() -> int:
            with self._database.change() as connection:
                return connection.execute(wanted).scalar() or 0

        return self._database.with_retries(look)

    def _append(self, drafts: Sequence[NewLine]) -> int:
        with self._database.change() as connection:
            return self._write(connection, drafts)

    def _write(self, connection: Connection, drafts: Sequence[NewLine]) -> int:
        in_turn(connection, f"journal {self.study}")
        rows = [{"study": self.study, "key": d.key, "kind": d.kind, "line": d.text} for d in drafts]
        insert = _insert(connection)(journal).on_conflict_do_nothing().returning(journal.c.id)
        written = [connection.execute(insert.values(row)).first() for row in rows]
        return sum(1 for number in written if number is not None)

    def _own_key(self) -> str:
        return f"{self._writer} {next(self._count)}"


def events_of(lines: Sequence[TableLine]) -> Iterator[Event]:
    """The events among lines.

    Raises:
        StorageError: A line is no event of this version.
    """
    for line in lines:
        if line.kind != FILE:
            yield _event_of(line)


def _event_of(line: TableLine) -> Event:
    try:
        return from_line(line.text)[0]
    except ValueError as error:
        raise of_another_version(f"line {line.number} of the journal", error) from error


def results_of(lines: Sequence[TableLine]) -> Iterator[TrialResult]:
    """The results among lines."""
    for event in events_of([line for line in lines if line.kind == FINISHED]):
        assert isinstance(event, TrialFinished), "so its line says"
        yield event.result


def _insert(connection: Connection) -> Callable[..., postgresql.Insert | sqlite.Insert]:
    """The insert statement of the dialect that can skip rows that exist."""
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
