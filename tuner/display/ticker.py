"""Draws a run between its events: the running clock shows that the program works."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from tuner.errors.threads import Thread

TICK = 1.0
"""Seconds between two calls."""


class Ticker:
    """Calls something about once a second, from a thread of its own.

    Args:
        tick: What is called.
        wait: Waits for some seconds; whether it is over.
    """

    def __init__(
        self, tick: Callable[[], None], wait: Callable[[float], bool] | None = None
    ) -> None:
        self._tick = tick
        self._over = Event()
        self._wait = wait or self._over.wait

    def start(self) -> None:
        """Begins to call."""
        Thread(self.run, name="display").start()

    def stop(self) -> None:
        """Ends the calls; one that has begun may still last."""
        self._over.set()

    def run(self) -> None:
        """Calls until it is over."""
        while not self._wait(TICK):
            self._tick()
