"""Says now and then what a worker does: each new activity, new trials, and a line after silence."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from tuner.results.progress import Activity, ProgressUpdate, Say
from tuner.wording import some

QUIET_SECONDS = 10.0
"""Seconds between two lines of one activity, or of training, at first."""

RARER, LONGEST = 0.02, 600.0
"""Later they come after this share of the time passed, and at the latest after so many seconds."""


class WorkerProgress:
    """Takes what a worker does at the moment; called from several threads.

    Args:
        say: Writes a line.
        clock: Returns the time in seconds; it may begin anywhere.
    """

    def __init__(self, say: Say, clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._lock = Lock()
        self._began = self._said = clock()
        self._begun: set[str] = set()
        self._steps: dict[int, int] = {}
        self._trained: set[int] = set()

    def __call__(self, update: ProgressUpdate) -> None:
        """Writes a line, where the last one is old enough or something new begins."""
        with self._lock:
            is_new = self._take(update)
            now = self._clock()
            quiet = min(LONGEST, max(QUIET_SECONDS, RARER * (now - self._began)))
            if is_new or now - self._said >= quiet:
                self._said = now
                told = update.sentence if isinstance(update, Activity) else self._training()
                self._say(told)

    def _take(self, update: ProgressUpdate) -> bool:
        """Keeps what is told; whether an activity is new, or trials begin to train."""
        if not isinstance(update, Activity):
            begins = not self._steps and update.number not in self._trained
            self._steps[update.number] = update.step
            self._trained.add(update.number)
            return begins
        self._steps.clear()  # trials that go on tell their next step
        is_new = update.name not in self._begun
        self._begun.add(update.name)
        return is_new

    def _training(self) -> str:
        numbers = some([*map(str, sorted(self._steps))])
        trials = f"trial{'s' if len(self._steps) != 1 else ''} {numbers}"
        return f"training: {trials} at step {min(self._steps.values())}"
