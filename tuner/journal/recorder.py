"""Tells what happens: into the journal first, then to whoever listens.

Trials are trained on several threads; one lock keeps the lines in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import Protocol, Self

import numpy as np

from tuner.errors import StorageError
from tuner.events import Event, Listener, PictureTaken, StudyOpened
from tuner.journal.journal_file import JournalFile
from tuner.journal.pictures import save_squares, save_strip
from tuner.results import Trial

SAMPLES = "samples"
GRAY = "pictures/gray.png"
PHOTO = "pictures/photo.png"

Advise = Callable[[Event], Iterable[Event]]
"""Answers an event with further ones."""


class EventSink(Protocol):
    """What events are written into."""

    def append(self, event: Event) -> None:
        """Writes one event."""

    def close(self) -> None:
        """Ends the writing."""


class Recorder:
    """The one way in which anything is told.

    A run that has nothing to do tells nothing: the journal is opened, and the opening told,
    when there is something else to tell.

    Args:
        folder: The study's folder.
        opening: Is told before anything else.
        listeners: Are told after the journal has it, in this order.
        advise: What it answers is told behind the event, in the same way.
        open_journal: Opens what everything is written into; the study's journal by default.
    """

    def __init__(
        self,
        folder: Path,
        opening: StudyOpened,
        *listeners: Listener,
        advise: Advise = lambda _event: (),
        open_journal: Callable[[Path], EventSink] = JournalFile,
    ) -> None:
        self.folder = folder
        self._open_journal = open_journal
        self._opening = opening
        self._listeners = listeners
        self._advise = advise
        self._journal: EventSink | None = None
        self._lock = Lock()

    @property
    def opened(self) -> bool:
        """Whether anything was told."""
        return self._journal is not None

    def __call__(self, event: Event) -> None:
        """Writes an event into the journal, then passes it on.

        Raises:
            StorageError: The journal cannot be written.
        """
        with self._lock:
            if self._journal is None:
                self._journal = self._open_journal(self.folder)
                self._pass_on(self._journal, self._opening)
            self._pass_on(self._journal, event)
            for advice in self._advise(event):
                self._pass_on(self._journal, advice)

    def _pass_on(self, journal: EventSink, event: Event) -> None:
        journal.append(event)
        for listen in self._listeners:
            listen(event)

    def if_taken(self, picture: PictureTaken | None) -> None:
        """Tells about a picture, where there was something to draw."""
        if picture is not None:
            self(picture)

    def show(
        self, trial: Trial, step: int, gray: np.ndarray, prediction: np.ndarray, photo: np.ndarray
    ) -> None:
        """Draws a strip of held-out photos and tells about it.

        Args:
            gray: What the network sees, (n, H, W, 3) uint8.
            prediction: What it makes of it.
            photo: What was photographed.
        """
        path = f"pictures/trial-{trial.number:03d}/step-{step:06d}.png"
        caption = f"{trial.title}, step {step}"
        save_strip(self.folder / path, gray, prediction, photo, caption)
        save_squares(last_squares(self.folder, trial.number), prediction)
        if not (self.folder / GRAY).exists():
            save_squares(self.folder / GRAY, gray)
            save_squares(self.folder / PHOTO, photo)
        self(PictureTaken(number=trial.number, step=step, name=SAMPLES, path=path))

    def keep(self, trial: Trial, reading: Mapping[str, np.ndarray]) -> None:
        """Keeps what was read off each held-out photo, for a diagnosis with its interval.

        Args:
            reading: Arrays by name, the first axis of each being the photos.

        Raises:
            StorageError: It cannot be written.
        """
        path = reading_file(self.folder, trial.number)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, **reading)
        except OSError as error:
            raise StorageError(
                f"{path}: the reading cannot be written ({error.strerror})"
            ) from error

    def close(self) -> None:
        """Ends the writing."""
        if self._journal is not None:
            self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def reading_file(folder: Path, number: int) -> Path:
    """Where `keep` puts the reading of a trial."""
    return folder / f"readings/trial-{number:03d}.npz"


def last_squares(folder: Path, number: int) -> Path:
    """Where the last predictions of a trial are kept, as `load_squares` reads them."""
    return folder / f"pictures/trial-{number:03d}/last.png"
