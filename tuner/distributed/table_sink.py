"""What a worker tells goes into the ledger of its study, pictures and readings with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock

from tuner.distributed.journal_table import JournalTable, NewLine
from tuner.events import (
    AdviceGiven,
    CurvePoint,
    Event,
    PictureTaken,
    StudyOpened,
    TrainingPrepared,
    TrialFinished,
)
from tuner.journal.recorder import GRAY, PHOTO, last_squares, reading_file

SECONDS = 2.0
"""Points of curves are sent together, so often."""


class TableSink:
    """Writes events into a ledger; a journal for whoever trains.

    Args:
        folder: Where this worker has the study's files.
        clock: Tells seconds that never run back.
    """

    def __init__(
        self, journal: JournalTable, folder: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._journal = journal
        self._folder = folder
        self._clock = clock
        self._waiting: list[NewLine] = []
        self._sent_at = clock()
        self._lock = Lock()
        self._kept: set[str] = set()

    def append(self, event: Event) -> None:
        """Writes one event; points of curves may wait for company."""
        with self._lock:
            for path in self._files_of(event):
                self._journal.keep_file(
                    path.relative_to(self._folder).as_posix(), path.read_bytes()
                )
            self._waiting.append(self._journal.draft(event, event_key(event)))
            if not isinstance(event, CurvePoint) or self._clock() - self._sent_at > SECONDS:
                self._send()

    def close(self) -> None:
        """Writes what is waiting."""
        with self._lock:
            self._send()

    def _send(self) -> None:
        drafts, self._waiting = self._waiting, []
        self._journal.append(drafts)
        self._sent_at = self._clock()

    def _files_of(self, event: Event) -> Iterable[Path]:
        """Files that whoever reads of an event will look for."""
        match event:
            case PictureTaken(path=path):
                yield self._folder / path
                yield from self._once(self._folder / GRAY, self._folder / PHOTO)
            case TrialFinished(result=result):
                number = result.trial.number
                ends = (last_squares(self._folder, number), reading_file(self._folder, number))
                yield from (path for path in ends if path.exists())

    def _once(self, *paths: Path) -> Iterable[Path]:
        for path in paths:
            if path.name not in self._kept and path.exists():
                self._kept.add(path.name)
                yield path


def event_key(event: Event) -> str:
    """What there can be only one of in a study, whoever tells it; empty for the rest."""
    match event:
        case StudyOpened():
            return "opened"
        case TrainingPrepared():
            return "prepared"
        case TrialFinished(result=result):
            return f"finished {result.trial.number}"
        case AdviceGiven(number=number, kind=kind):
            return f"advice {number} {kind}"
        case _:
            return ""
