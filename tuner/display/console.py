"""Shows the events of a run on the console.

On a terminal there is a live area with bars below the lines that scroll; everywhere else there are
plain lines.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from threading import RLock
from typing import Protocol, Self, TextIO

from rich.console import Console

from tuner.display.closing import closing
from tuner.display.live import LiveView
from tuner.display.plain import PlainView
from tuner.display.progress_view import ProgressView
from tuner.display.sentences import StatusLine, describe_earlier, tell
from tuner.display.ticker import Ticker
from tuner.journal.history import StudyPart
from tuner.results import CombinationResult, StageResult, TrialResult
from tuner.results.events import Event, StudyFinished
from tuner.results.progress import ProgressUpdate
from tuner.results.score_unit import SCORE, ScoreUnit
from tuner.spec.plan import Plan


class View(Protocol):
    """A way to show a run; only one thread calls it at a time."""

    def open(self) -> None:
        """Starts the view."""

    def show(self, progress: ProgressView, lines: Sequence[StatusLine], now: float) -> None:
        """Shows the lines of an event, and the new progress."""

    def note(self, text: str, now: float) -> None:
        """Shows a sentence that is not an event."""

    def close(self) -> None:
        """Ends everything that moves."""

    def end(self, lines: Sequence[StatusLine]) -> None:
        """Shows the closing lines, after `close`."""


class Display:
    """A listener for `tuner.results.events`; may be called from several threads.

    Args:
        clock: Returns the time in seconds; it may begin anywhere.
    """

    def __init__(
        self, progress: ProgressView, view: View, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._progress = progress
        self._view = view
        self._clock = clock
        self._lock = RLock()
        self._open = self._entered = False
        self._ticker = Ticker(self.tick)

    def begin_with(
        self,
        results: Iterable[TrialResult],
        stages: Iterable[StageResult] = (),
        combination: CombinationResult | None = None,
        parts: tuple[StudyPart, ...] = (),
    ) -> None:
        """Takes the results of an earlier run of the study, before this one goes on."""
        with self._lock:
            self._progress = self._progress.resumed_with(results, stages, combination, parts)
            self._view.show(self._progress, describe_earlier(self._progress), self._clock())

    def __call__(self, event: Event) -> None:
        """Shows an event."""
        with self._lock:
            now, before = self._clock(), self._progress
            self._progress = before.after(event, now)
            self._view.show(self._progress, tell(event, before, self._progress), now)
            if isinstance(event, StudyFinished):
                self._close()
                self._view.end(closing(event, self._progress))

    def progress(self, update: ProgressUpdate) -> None:
        """Shows what is done now; after the end of the study in a live area of its own."""
        with self._lock:
            now = self._clock()
            self._progress = self._progress.told(update, now)
            self._view.show(self._progress, (), now)
            if self._entered and not self._open and self._progress.activity is not None:
                self._open = True
                self._view.open()

    def tick(self) -> None:
        """Shows that time passes."""
        with self._lock:
            if self._open:
                self._view.show(self._progress, (), self._clock())

    def note(self, text: str) -> None:
        """Shows a sentence that is not an event."""
        with self._lock:
            self._view.note(text, self._clock())

    def __enter__(self) -> Self:
        self._view.open()
        self._open = self._entered = True
        self._ticker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ticker.stop()
        with self._lock:
            self._entered = False
            self._close()

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._view.close()


def open_display(
    plan: Plan,
    *,
    stream: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
    width: int | None = None,
    found_by: Sequence[str] = (),
    unit: ScoreUnit = SCORE,
) -> Display:
    """The display of a run, a context manager.

    Args:
        plan: What will be tried; the forecast is computed from it.
        stream: Where to write; standard output by default.
        clock: Returns the time in seconds; it may begin anywhere.
        width: Columns of the terminal; None asks the terminal for each drawing.
        found_by: Options with which further commands find the study, such as `--directory runs`.
        unit: What the scores stand for, also those of an earlier run.
    """
    began = clock()
    progress = ProgressView(
        plan=plan, began=began, heard=began, unit=unit, found_by=tuple(found_by)
    )
    return display_of(progress, stream or sys.stdout, clock, width)


def display_of(
    progress: ProgressView,
    stream: TextIO,
    clock: Callable[[], float],
    width: int | None = None,
) -> Display:
    """A display that goes on from some progress; the other arguments are as of `open_display`."""
    # With FORCE_COLOR rich treats a pipe as a terminal; a live area needs a real one.
    console = Console(file=stream, width=width)
    if stream.isatty() and console.is_terminal and not console.is_dumb_terminal:
        return Display(progress, LiveView(console, progress, clock), clock)
    return Display(progress, PlainView(stream, progress.began), clock)
