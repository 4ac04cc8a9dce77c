"""Decides which workers are dead, from what this process has seen.

Clocks of machines differ, and while the database is away no heartbeat arrives. So times of other
machines are not compared: each worker counts its heartbeats. A worker is dead for this process when
its count has stood still for long enough while this process could read it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock


class FailureDetector:
    """Watches the heartbeats of all workers.

    Args:
        grace: Seconds without a heartbeat after which a worker is dead.
        clock: Returns seconds that never run back.
    """

    def __init__(self, grace: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._grace = grace
        self._clock = clock
        self._looked: float | None = None
        self._seen: dict[str, tuple[int, float]] = {}
        self._lock = Lock()

    def look(self, beats: Mapping[str, int]) -> None:
        """Notes the current count of all heartbeats."""
        now = self._clock()
        with self._lock:
            if self._looked is None or now - self._looked > self._grace / 2:
                self._seen = {}  # after a gap in the readings all counts start anew
            self._looked = now
            self._seen = {
                name: seen
                if (seen := self._seen.get(name)) is not None and seen[0] == beat
                else (beat, now)
                for name, beat in beats.items()
            }

    def dead(self) -> frozenset[str]:
        """Names of the workers whose heartbeat has stood still for too long."""
        with self._lock:
            looked = self._looked or 0.0
            return frozenset(
                name for name, (_, since) in self._seen.items() if looked - since > self._grace
            )
