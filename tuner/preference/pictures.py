"""The pictures that the trainings of a claim left: the same photos, of start and best weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tuner.errors import StudyNotFound, TunerError
from tuner.journal.history import StudyHistory
from tuner.journal.pictures import load_squares
from tuner.journal.sample_recorder import GRAY, PHOTO, last_squares, restore_gray
from tuner.journal.tiles import Photos
from tuner.results.events import StudyFinished


@dataclass(frozen=True)
class Pictures:
    """What the trainings of the claim made of the shown photos.

    Attributes:
        gray: Input of the networks, (n, h, w, 3) in 0..255.
        photo: The photos in color, same shape.
        start: By seed the photos colored with the start weights, same shape each.
        best: The same with the best weights, of equal seeds.
    """

    gray: Photos
    photo: Photos
    start: Mapping[int, Photos]
    best: Mapping[int, Photos]


def load_pictures(folder: Path, history: StudyHistory) -> Pictures:
    """The pictures of a finished study, of all seeds of its claim.

    Raises:
        TunerError: Nothing is confirmed.
        StudyNotFound: There are no pictures.
        StorageError: A picture cannot be read.
    """
    found = _confirmed(history)
    before, after = (
        _by_seed(history, weights) for weights in (history.start_weights, found.incumbent_weights)
    )
    seeds = sorted(before.keys() & after.keys())
    files = {
        number: last_squares(folder, number) for side in (before, after) for number in side.values()
    }
    needed = [folder / GRAY, folder / PHOTO, *files.values()]
    missing = next((file for file in needed if not file.exists()), None)
    if missing is not None or not seeds:
        raise StudyNotFound(
            f"judge: '{history.study}' has no pictures to show: {missing or needed[0]} is not "
            "there (the built-in trainer keeps pictures, and so does the scoring of predictions)"
        )
    restore_gray(folder)
    return Pictures(
        gray=load_squares(folder / GRAY),
        photo=load_squares(folder / PHOTO),
        start={seed: load_squares(files[before[seed]]) for seed in seeds},
        best={seed: load_squares(files[after[seed]]) for seed in seeds},
    )


def _confirmed(history: StudyHistory) -> StudyFinished:
    """The end of a study that has something to show beside its start weights."""
    found = history.finished
    if found is None:
        raise TunerError(
            f"judge: '{history.study}' is not finished, so it has no confirmed best weights to "
            "show; go on with the same command as before"
        )
    claim = found.confirmation
    if claim is None or (claim.verdict != "better" and found.compared is None):
        raise TunerError(
            f"judge: '{history.study}' has no confirmed best weights to show beside the start "
            "weights"
        )
    return found


def _by_seed(history: StudyHistory, weights: Mapping[str, float]) -> dict[int, int]:
    """Numbers of the claim's trials of these weights, by seed."""
    return {
        result.trial.seed: number
        for number, result in history.results.items()
        if result.trial.role == "confirmation"
        and result.score is not None
        and result.trial.is_of(weights)
    }
