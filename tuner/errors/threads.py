"""Threads that start, or say that there is no memory for them.

Python's own `Thread.start` waits without end for a thread that dies of a lack of memory before its
first line (python/cpython#140746). So all threads of the tuner start here, or in `thread_pool`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from mmap import mmap
from threading import Event, Lock

ROOM = 2 << 20
"""Bytes that have to be free: Python takes 16 kB for the first call and 1 MB for objects."""

PATIENCE = 30.0
"""Seconds until a thread that has not begun counts as dead."""

NO_ROOM = "no memory for a thread"

LOOK = 0.1
"""Seconds between two looks; a process that was held still for long has waited for one only."""


class Thread(threading.Thread):
    """A daemon thread whose start ends.

    Args:
        target: What it does.
        args: Of the target.
        name: For debuggers.
    """

    def __init__(
        self, target: Callable[..., object], args: Iterable[object] = (), name: str | None = None
    ) -> None:
        super().__init__(target=target, args=tuple(args), name=name, daemon=True)
        self._started = _NotWaitedFor()  # Python waits for it without end
        self._begun = Event()
        self._first = Lock()

    def start(self, patience: float = PATIENCE) -> None:
        """Returns once the target is about to be called.

        Raises:
            MemoryError: There is no memory for a thread; the target is never called.
            RuntimeError: The system allows no more threads.
        """
        _refuse_without_room()
        super().start()
        looks = range(max(1, round(patience / LOOK)))
        if not any(self._begun.wait(LOOK) for _ in looks) and self._first.acquire(blocking=False):
            raise MemoryError(NO_ROOM)

    def run(self) -> None:
        """Calls the target, unless it is no longer waited for."""
        if self._first.acquire(blocking=False):
            self._begun.set()
            super().run()


def _refuse_without_room() -> None:
    """Says at once what would else be noticed after `PATIENCE`, and in words of Python's own."""
    try:
        mmap(-1, ROOM).close()
    except OSError as error:
        raise MemoryError(NO_ROOM) from error


class _NotWaitedFor(Event):
    def wait(self, _timeout: float | None = None) -> bool:
        return True
