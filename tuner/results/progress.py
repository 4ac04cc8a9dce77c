"""What a run does now: it is shown, and never recorded, as a run that goes on needs none of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

Say = Callable[[str], None]
"""Shows a sentence that is not an event."""


@dataclass(frozen=True)
class Activity:
    """What a run does now, apart from the steps of trials; it is over when all is done.

    Attributes:
        name: Such as `reading photos`.
        done: Of `total`.
        unit: What is counted, in the plural; empty where nothing can be.
        detail: Such as `seeds 1, 2`.
    """

    name: str
    done: int
    total: int
    unit: str = ""
    detail: str = ""

    @property
    def count(self) -> str:
        """How much is done of what can be counted: `30 of 300 photos`, `step 40 of 200`."""
        if self.unit == "steps":
            return f"step {self.done} of {self.total}"
        return f"{self.done} of {self.total} {self.unit}" if self.unit else ""

    @property
    def sentence(self) -> str:
        """Such as `reading photos: 30 of 300 photos`."""
        name = f"{self.name} ({self.detail})" if self.detail else self.name
        return f"{name}: {self.count}" if self.count else name


START_NETWORKS = "start networks"
"""The activity that trains the networks which trials go on from."""


@dataclass(frozen=True)
class StepsDone:
    """The steps that a trial in training has done by now."""

    number: int
    step: int


ProgressUpdate = Activity | StepsDone
Notify = Callable[[ProgressUpdate], None]


def ignore_progress(_update: ProgressUpdate) -> None:
    """Shows nothing."""


def photo_progress(notify: Notify) -> Callable[[int, int], None]:
    """A callback that tells how many photos of how many are read."""
    return lambda done, total: notify(Activity("reading photos", done, total, "photos"))


@contextmanager
def announced(notify: Notify, name: str, detail: str = "") -> Iterator[None]:
    """Tells that something begins of which nothing can be counted, and that it is over."""
    notify(Activity(name, 0, 1, detail=detail))
    try:
        yield
    finally:
        notify(Activity(name, 1, 1, detail=detail))
