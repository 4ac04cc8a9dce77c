"""Keeps the predictions of a trial as pictures, and the measurements of each held-out photo."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tuner.errors import StorageError
from tuner.files.atomic import draft_of
from tuner.journal.pictures import load_squares, save_squares, save_strip
from tuner.results import Trial
from tuner.results.events import FileMended, Listener, PictureTaken

SAMPLES = "samples"
GRAY = "pictures/gray.png"
PHOTO = "pictures/photo.png"
OF = "of"
"""Under this name a reading says which trial it is of."""


@dataclass(frozen=True)
class SampleRecorder:
    """Writes pictures and readings into a study's folder.

    Attributes:
        folder: The study's folder.
        record: Called with every picture.
    """

    folder: Path
    record: Listener
    _shown: set[str] = field(default_factory=set, repr=False)

    def show(
        self, trial: Trial, step: int, gray: np.ndarray, prediction: np.ndarray, photo: np.ndarray
    ) -> None:
        """Draws a strip of photos and records it.

        Args:
            trial: The trial that predicted them.
            step: Optimizer steps done.
            gray: Input of the network, (n, H, W, 3) uint8.
            prediction: Its output, (n, H, W, 3) uint8.
            photo: The photos in color, (n, H, W, 3) uint8.
        """
        path = f"pictures/trial-{trial.number:03d}/step-{step:06d}.png"
        caption = f"{trial.title}, step {step}"
        save_strip(self.folder / path, gray, prediction, photo, caption)
        save_squares(last_squares(self.folder, trial.number), prediction)
        for name, squares in ((GRAY, gray), (PHOTO, photo)):
            self._keep_once(name, squares)
        self.record(PictureTaken(number=trial.number, step=step, name=SAMPLES, path=path))

    def _keep_once(self, name: str, squares: np.ndarray) -> None:
        """Writes what all trials share, unless an earlier run has left just that."""
        if name not in self._shown:
            self._shown.add(name)
            if not _holds(self.folder / name, squares):
                save_squares(self.folder / name, squares)

    def keep(self, trial: Trial, reading: Mapping[str, np.ndarray]) -> None:
        """Keeps the measurements of each held-out photo, for a diagnosis with its interval.

        Args:
            trial: The trial that predicted them.
            reading: Arrays by name, the first axis of each being the photos.

        Raises:
            StorageError: It cannot be written.
        """
        path = reading_file(self.folder, trial.number)
        try:
            with draft_of(path) as draft, draft.open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, **reading, **{OF: identity_of(trial)})
        except OSError as error:
            raise StorageError(
                f"{path}: the reading cannot be written ({error.strerror})"
            ) from error


def identity_of(trial: Trial) -> np.ndarray:
    """What a reading says about its trial, so that readings of two trials are not confused."""
    weights = dict(sorted(trial.weights.items()))
    return np.array(json.dumps([trial.number, weights, trial.seed, trial.steps]))


def restore_gray(folder: Path) -> None:
    """Draws a damaged picture of the gray photos again, from the picture of the photos in color."""
    if not (folder / GRAY).exists() or is_whole(folder / GRAY) or not is_whole(folder / PHOTO):
        return
    import torch

    from tuner.color.spaces import gray_of

    photos = torch.from_numpy(load_squares(folder / PHOTO).copy()).permute(0, 3, 1, 2) / 255
    gray = gray_of(photos).clamp(0, 1).mul(255).round().byte()
    save_squares(folder / GRAY, gray.permute(0, 2, 3, 1).numpy())


def is_whole(picture: Path) -> bool:
    """Whether a picture is there and can be read."""
    try:
        load_squares(picture)
    except StorageError:
        return False
    return True


def find_damage(pictures: Iterable[Path]) -> FileMended | None:
    """The event of the first picture that is damaged; None where all are whole."""
    damaged = next((picture for picture in pictures if not is_whole(picture)), None)
    return FileMended.of(damaged, "a picture that would show it is left out") if damaged else None


def _holds(picture: Path, squares: np.ndarray) -> bool:
    """Whether a picture is there and shows just these squares."""
    return is_whole(picture) and np.array_equal(load_squares(picture), squares)


def reading_file(folder: Path, number: int) -> Path:
    """The file in which `keep` writes the reading of a trial."""
    return folder / f"readings/trial-{number:03d}.npz"


def last_squares(folder: Path, number: int) -> Path:
    """The file with the last predictions of a trial, for `load_squares`."""
    return folder / f"pictures/trial-{number:03d}/last.png"
