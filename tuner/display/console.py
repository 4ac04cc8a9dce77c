"""The console view of a run: told about events, it shows them in the way the console can.

On a terminal there is a live area with bars below a story that scrolls; anywhere else there
are plain lines.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from threading import RLock
from types import TracebackType
from typing import Protocol, Self, TextIO

from rich.console import Console

from tuner.display.closing import closing
from tuner.display.live import LiveView
from tuner.display.plain import PlainView
from tuner.display.progress_view import ProgressView
from tuner.display.sentences import StatusLine, describe_earlier, tell
from tuner.events import Event, StudyFinished
from tuner.results import CombinationResult, StageResult, TrialResult
from tuner.spec.plan import Plan


class View(Protocol):
    """A way to show a run; called by one thread at a time."""

    def open(self) -> None:
        """The run begins."""

    def show(self, progress: ProgressView, lines: Sequence[StatusLine], now: float) -> None:
        """Something happened, and this is to be said about it."""

    def note(self, text: str, now: float) -> None:
        """Something is to be said that is no event."""

    def close(self) -> None:
        """Nothing moves any more."""

    def end(self, lines: Sequence[StatusLine]) -> None:
        """The closing story, after `close`."""


class Display:
    """A listener for `tuner.events`; may be called from several threads.

    Args:
        clock: Seconds, from any beginning.
    """

    def __init__(
        self, progress: ProgressView, view: View, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._progress = progress
        self._view = view
        self._clock = clock
        self._lock = RLock()
        self._open = False

    def begin_with(
        self,
        results: Iterable[TrialResult],
        stages: Iterable[StageResult] = (),
        combination: CombinationResult | None = None,
    ) -> None:
        """Tells what an earlier run of the study found, before this one goes on."""
        with self._lock:
            self._progress = self._progress.resumed_with(results, stages, combination)
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

    def note(self, text: str) -> None:
        """Shows a sentence that is no event, such as `reading photos: 30 of 300`.

        Of notes that differ only in their numbers the last one stays, and few in between.
        """
        with self._lock:
            self._view.note(text, self._clock())

    def __enter__(self) -> Self:
        self._view.open()
        self._open = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
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
) -> Display:
    """The display of a run, to be used with `with`.

    Args:
        plan: What will be tried, which tells how much is left.
        stream: Where to write; standard output by default.
        clock: Seconds, from any beginning.
        width: Columns of the terminal; None asks the terminal, again and again.
    """
    stream = stream or sys.stdout
    began = clock()
    progress = ProgressView(plan=plan, began=began, heard=began)
    # FORCE_COLOR makes rich take a pipe for a terminal; a live area needs a real one.
    console = Console(file=stream, width=width)
    if stream.isatty() and console.is_terminal and not console.is_dumb_terminal:
        return Display(progress, LiveView(console, progress, clock), clock)
    return Display(progress, PlainView(stream, began), clock)
