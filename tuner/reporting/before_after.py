"""Draws the result of a study: the same photos, colored with the start and the best weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from tuner.journal.pictures import load_squares, save_before_after
from tuner.journal.sample_recorder import GRAY, PHOTO, find_damage, last_squares, restore_gray
from tuner.results import TrialResult
from tuner.results.events import OF_THE_STUDY, FileMended, PictureTaken

NAME = "before-after"


class _Scored(NamedTuple):
    number: int
    score: float


def draw_before_after(
    folder: Path,
    results: Iterable[TrialResult],
    before: Mapping[str, float],
    after: Mapping[str, float],
    *,
    confirmed: bool,
) -> PictureTaken | FileMended | None:
    """Draws the pair of trainings with the gain nearest to the mean gain, so it is representative.

    Args:
        folder: The study's folder, which holds the last predictions of every trial.
        results: All trials of the study.
        before: The start weights.
        after: The weights that are compared with them.
        confirmed: Whether these are confirmed to be better, and may be called the best.

    Returns:
        The event of the picture, or of a file that it needs and that is damaged; None where the
        weights are equal, or there are no pictures.

    Raises:
        StorageError: The picture cannot be written.
    """
    views = typical_views(folder, results, before, after)
    if views is None:
        return None
    if damage := find_damage(views):
        return damage
    path = f"pictures/{NAME}.png"
    captions = ("gray", "start weights", "best weights" if confirmed else "best tried", "photo")
    save_before_after(folder / path, *map(load_squares, views), captions=captions)
    return PictureTaken(number=OF_THE_STUDY, step=0, name=NAME, path=path)


def typical_views(
    folder: Path,
    results: Iterable[TrialResult],
    before: Mapping[str, float],
    after: Mapping[str, float],
) -> tuple[Path, Path, Path, Path] | None:
    """The files of that pair, as `load_squares` reads them: gray, before, after, photo.

    Returns:
        The paths; None where the weights are equal, or there are no pictures.
    """
    pair = _typical_pair(list(results), before, after)
    if dict(before) == dict(after) or pair is None:
        return None
    restore_gray(folder)
    old, new = (last_squares(folder, number) for number in pair)
    views = folder / GRAY, old, new, folder / PHOTO
    return views if all(view.exists() for view in views) else None


def _typical_pair(
    results: list[TrialResult], before: Mapping[str, float], after: Mapping[str, float]
) -> tuple[int, int] | None:
    """Numbers of two trials with one seed, of the confirmation where there is one."""
    confirming = [result for result in results if result.trial.role == "confirmation"]
    old, new = (_by_seed(confirming or results, weights) for weights in (before, after))
    gains = {seed: old[seed].score - new[seed].score for seed in old.keys() & new.keys()}
    if not gains:
        return None
    mean = fmean(gains.values())
    seed = min(sorted(gains), key=lambda one: abs(gains[one] - mean))
    return old[seed].number, new[seed].number


def _by_seed(results: Iterable[TrialResult], weights: Mapping[str, float]) -> dict[int, _Scored]:
    return {
        result.trial.seed: _Scored(result.trial.number, result.score)
        for result in results
        if result.score is not None and result.trial.is_of(weights)
    }
