"""Makes the case of one trial from the files in the study's folder."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch

from tuner.color.measures import Photos, Reading, read_colors
from tuner.color.reading_arrays import from_arrays
from tuner.diagnosis.case import Case, Picture, Views
from tuner.errors import StudyNotFound
from tuner.journal.history import StudyHistory
from tuner.journal.pictures import load_squares
from tuner.journal.sample_recorder import (
    GRAY,
    OF,
    PHOTO,
    identity_of,
    last_squares,
    reading_file,
    restore_gray,
)
from tuner.results import Trial

NOT_KEPT = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    RuntimeError,
    NotImplementedError,
    zlib.error,
    zipfile.BadZipFile,
)
"""What numpy raises for readings that are gone or damaged."""


def choose_trial(history: StudyHistory, number: int | None) -> Trial:
    """The requested trial, else the first one with the best weights so far.

    Raises:
        StudyNotFound: There is no such trial, or it has no pictures.
    """
    metric = history.spec.get("objective", {}).get("metric")
    if metric is not None:
        raise StudyNotFound(
            f"{history.study}: its score is {metric!r}, so there are no pictures to diagnose; "
            "tuner show lists each trial's number"
        )
    ended = {n: r.trial for n, r in history.results.items() if r.score is not None}
    if number is None:
        found = history.finished
        best = found.best_weights if found else history.incumbent
        with_best = [trial for trial in ended.values() if trial.is_of(best)]
        if not with_best:
            raise StudyNotFound(
                f"{history.study}: no trial with the best weights so far has ended yet"
            )
        return min(with_best, key=lambda trial: trial.number)
    if number in ended:
        return ended[number]
    if number in history.trials:
        result = history.results.get(number)
        why = result.reason if result else f"it is {history.state(number)}"
        raise StudyNotFound(f"{history.study}: trial {number} has no pictures to look at: {why}")
    last = max(ended, default=None)
    known = f"trials go from 0 to {last}" if last is not None else "no trial has ended yet"
    raise StudyNotFound(f"{history.study}: there is no trial {number}; {known}")


def case_of_trial(folder: Path, history: StudyHistory, trial: Trial) -> Case:
    """The case of a trial: measurements of all held-out photos, and pictures of a few.

    Raises:
        StudyNotFound: The files are missing.
    """
    path = reading_file(folder, trial.number)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            parts = dict(arrays)
            if parts.pop(OF, identity_of(trial)) != identity_of(trial):
                raise ValueError("it is of another trial")
            reading = from_arrays(parts)
    except NOT_KEPT as error:
        raise StudyNotFound(
            f"{path}: what a diagnosis needs of trial {trial.number} is not there, or damaged"
        ) from error
    restore_gray(folder)
    gray, prediction, photo = (
        load_squares(folder / view) for view in (GRAY, last_squares(folder, trial.number), PHOTO)
    )
    return Case(
        title=f"{len(reading.color.mean_target)} held-out squares of trial {trial.title} of "
        f"{history.study}",
        reading=reading,
        shown=_read(prediction, photo),
        names=tuple(f"photo {index}" for index in range(1, len(photo) + 1)),
        views=lambda index: Views(gray[index], prediction[index], photo[index]),
    )


def _read(prediction: Picture, photo: Picture) -> Reading:
    with torch.no_grad():
        return read_colors(*(Photos.of(_tensor(side)) for side in (prediction, photo)))


def _tensor(squares: Picture) -> torch.Tensor:
    return torch.from_numpy(squares.copy()).permute(0, 3, 1, 2).float() / 255
