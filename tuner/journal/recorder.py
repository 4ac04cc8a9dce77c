"""Records what happens: into the journal first, then to the listeners.

Trials are trained on several threads; one lock keeps the lines in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Self

from tuner.errors import RecordInterrupted
from tuner.journal.journals import Conclusion, Journal
from tuner.results import TrialResult
from tuner.results.events import Event, Listener, StudyOpened

Advise = Callable[[Event], Iterable[Event]]
"""Returns further events for an event."""


class Recorder:
    """Records the events of a run; nothing else writes its journal.

    A run that has nothing to do records nothing: the opening is written with the first other
    event.

    Args:
        journal: The journal of the study.
        opening: Recorded before anything else.
        listeners: Called with an event once the journal has it, in this order.
        advise: Its events are recorded behind the event, in the same way.
    """

    def __init__(
        self,
        journal: Journal,
        opening: StudyOpened,
        *listeners: Listener,
        advise: Advise = lambda _event: (),
    ) -> None:
        self._journal = journal
        self._opening: StudyOpened | None = opening
        self._listeners = listeners
        self._advise = advise
        self._lock = Lock()

    @property
    def opened(self) -> bool:
        """Whether anything was recorded."""
        return self._opening is None

    def __call__(self, event: Event) -> None:
        """Writes an event into the journal, then passes it on.

        Raises:
            StorageError: The journal cannot be written.
            RecordInterrupted: No memory is left.
        """
        with self._lock:
            self._record(event)

    def has(self, event: Conclusion) -> bool:
        """Whether the journal has this conclusion."""
        with self._lock:
            return self._journal.has(event)

    def append_once(self, event: Conclusion) -> bool:
        """Records a conclusion, unless the journal has it; whether it was new."""
        with self._lock:
            if self._journal.has(event):
                return False
            self._record(event)
            return True

    def results(self) -> tuple[TrialResult, ...]:
        """The results of all trials that ended, in the order of their numbers."""
        with self._lock:
            return self._journal.results()

    def close(self) -> None:
        """Closes the journal."""
        self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _record(self, event: Event) -> None:
        try:
            self._record_all(event)
        except MemoryError as error:
            raise RecordInterrupted from error

    def _record_all(self, event: Event) -> None:
        if self._opening is not None:
            opening, self._opening = self._opening, None
            self._pass_on(opening)
        self._pass_on(event)
        for advice in self._advise(event):
            self._pass_on(advice)

    def _pass_on(self, event: Event) -> None:
        self._journal.append(event)
        for listen in self._listeners:
            listen(event)
