"""Who is dead, judged by what one has seen oneself.

Clocks of machines differ, and a database that was away makes everybody silent. So no times are
compared: a worker counts its heartbeats, and is dead for those who have watched its count stand
still for long enough, while they themselves could look.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock


class FailureDetector:
    """Watches the heartbeats of all workers.

    Args:
        grace: Seconds without a heartbeat after which a worker is dead.
        clock: Tells seconds that never run back.
    """

    def __init__(self, grace: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._grace = grace
        self._clock = clock
        self._looked: float | None = None
        self._seen: dict[str, tuple[int, float]] = {}
        self._lock = Lock()

    def look(self, beats: Mapping[str, int]) -> None:
        """Takes note of all heartbeats as they are now."""
        now = self._clock()
        with self._lock:
            if self._looked is None or now - self._looked > self._grace / 2:
                self._seen = {}  # nobody is blamed for what happened while nobody could look
            self._looked = now
            self._seen = {
                name: seen
                if (seen := self._seen.get(name)) is not None and seen[0] == beat
                else (beat, now)
                for name, beat in beats.items()
            }

    def dead(self) -> frozenset[str]:
        """Names of those whose heartbeat has stood still for too long."""
        with self._lock:
            looked = self._looked or 0.0
            return frozenset(
                name for name, (_, since) in self._seen.items() if looked - since > self._grace
            )
