"""Says now and then what a worker does: each activity when it is new, and a line after silence."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from tuner.results.progress import Activity, ProgressUpdate, Say

QUIET_SECONDS = 30.0
"""Seconds between two lines of one activity, or of training."""


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
        self._said = clock()
        self._begun: set[str] = set()
        self._steps: dict[int, int] = {}

    def __call__(self, update: ProgressUpdate) -> None:
        """Writes a line, where the last one is old enough or something new begins."""
        with self._lock:
            is_new = self._take(update)
            now = self._clock()
            if is_new or now - self._said >= QUIET_SECONDS:
                self._said = now
                told = update.sentence if isinstance(update, Activity) else self._training()
                self._say(told)

    def _take(self, update: ProgressUpdate) -> bool:
        """Keeps what is told; whether an activity is new."""
        if not isinstance(update, Activity):
            self._steps[update.number] = update.step
            return False
        self._steps.clear()  # trials that go on tell their next step
        is_new = update.name not in self._begun
        self._begun.add(update.name)
        return is_new

    def _training(self) -> str:
        steps = [*self._steps.values()]
        return f"training: {len(steps)} trial{'s' if len(steps) != 1 else ''} at step {min(steps)}"
