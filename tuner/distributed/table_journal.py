"""The journal of a shared study as one worker uses it: a table that all its workers append to.

Pictures and readings go into the database with the events that name them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from tuner.distributed.journal_table import FINISHED, JournalTable, NewLine, results_of
from tuner.journal.journals import Conclusion
from tuner.journal.sample_recorder import GRAY, PHOTO, last_squares, reading_file
from tuner.results import TrialResult
from tuner.results.events import (
    AdviceGiven,
    BaselineFinished,
    CombinationFinished,
    CurvePoint,
    Event,
    PictureTaken,
    StageFinished,
    StudyFinished,
    StudyOpened,
    TrainingPrepared,
    TrialFinished,
)

SECONDS = 2.0
"""Seconds for which points of curves are collected before they are sent."""


class TableJournal:
    """Writes events into the table of a study, and reads what all workers have written.

    Args:
        table: The lines of the study.
        folder: Where this worker has the study's files.
        budget: Trials at most; with a larger one conclusions are recorded anew.

    Attributes:
        read_to: Number of the last line whose result is among `results`.
    """

    def __init__(self, table: JournalTable, folder: Path, budget: int) -> None:
        self.table = table
        self.read_to = 0
        self._folder = folder
        self._budget = budget
        self._waiting: list[NewLine] = []
        self._sent_at = time.monotonic()
        self._lock = Lock()
        self._kept: set[str] = set()
        self._concluded: set[str] = set()
        self._results: dict[int, TrialResult] = {}

    def append(self, event: Event) -> None:
        """Writes one event; points of curves may wait to be sent together."""
        with self._lock:
            for path in self._files_of(event):
                self.table.keep_file(path.relative_to(self._folder).as_posix(), path.read_bytes())
            self._waiting.append(self.table.draft(event, event_key(event)))
            if not isinstance(event, CurvePoint) or time.monotonic() - self._sent_at > SECONDS:
                self._send()

    def has(self, event: Conclusion) -> bool:
        """Whether this worker knows that the same was concluded before."""
        return self._key(event) in self._concluded

    def append_once(self, event: Conclusion) -> bool:
        """Writes a conclusion, unless any worker has; whether it was new."""
        if self.has(event):
            return False
        key = self._key(event)
        new = self.table.append([self.table.draft(event, key)])
        self._concluded.add(key)
        return bool(new)

    def read_news(self) -> None:
        """Reads what all workers have written since."""
        with self._lock:
            lines = self.table.read(self.read_to, [FINISHED])
            self._results |= {result.trial.number: result for result in results_of(lines)}
            self.read_to = max([self.read_to, *(line.number for line in lines)])

    def results(self) -> tuple[TrialResult, ...]:
        """The results of all workers' trials as read last, in the order of their numbers."""
        with self._lock:
            return tuple(self._results[number] for number in sorted(self._results))

    def close(self) -> None:
        """Writes what is waiting."""
        with self._lock:
            self._send()

    def _key(self, event: Conclusion) -> str:
        # With a larger budget a stage that ran short is judged anew.
        return f"{_conclusion(event)} {self._budget}"

    def _send(self) -> None:
        lines, self._waiting = self._waiting, []
        self.table.append(lines)
        self._sent_at = time.monotonic()

    def _files_of(self, event: Event) -> Iterable[Path]:
        """Files that readers of an event need."""
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
    """Key of events that exist once in a study, from any worker; empty for the others."""
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


def _conclusion(event: Conclusion) -> str:
    match event:
        case BaselineFinished():
            return "baseline of"
        case StageFinished(stage=stage):
            return f"stage {stage.number} of"
        case CombinationFinished(combination=combination):
            return f"combination {combination.number} of"
        case StudyFinished(confirmation=claim, earlier=earlier):
            # With seeds that were added to its claim, or with more to try, it is finished anew.
            looks = claim.looks if claim else ()
            again = f" after going on {earlier} times" if earlier else ""
            more = f" after {looks[-1]} seeds," if len(looks) > 1 else ""
            return f"study finished{again}{more}"
