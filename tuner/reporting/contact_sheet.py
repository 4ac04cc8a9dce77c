"""Draws the contact sheet of a stage: the same photos for each value of the varied weight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from PIL import Image

from tuner.journal.pictures import load_squares
from tuner.journal.sample_recorder import GRAY, PHOTO, find_damage, last_squares, restore_gray
from tuner.journal.tiles import (
    GAP,
    Photos,
    caption_of,
    padded,
    save_png,
    side_by_side,
    stack_rows,
    tile_size,
    tiles_of,
)
from tuner.reporting.story import plain
from tuner.results import StageResult, TrialResult
from tuner.results.events import OF_THE_STUDY, FileMended, PictureTaken

NAME = "contact-sheet"
PHOTOS = 6


def draw_contact_sheet(
    folder: Path,
    stage: StageResult,
    incumbent: Mapping[str, float],
    results: Iterable[TrialResult],
) -> PictureTaken | FileMended | None:
    """Draws the predictions of photos for each value of a stage, all with the same seed.

    Rows are photos; columns are gray, the values of the weight, ascending, each with its score for
    that seed, and the photo.

    Args:
        folder: The study's folder, which holds the last predictions of every trial.
        incumbent: The weights after the stage.
        results: All trials of the study.

    Returns:
        The event of the picture, or of a file that it needs and that is damaged; None where there
        are no pictures.

    Raises:
        StorageError: The picture cannot be written.
    """
    restore_gray(folder)
    seen = list(_on_first_seed(stage, incumbent, results))
    views = [folder / GRAY, *(last_squares(folder, r.trial.number) for r in seen), folder / PHOTO]
    if not seen or not all(view.exists() for view in views):
        return None
    if damage := find_damage(views):
        return damage
    captions = [("gray", ""), *(_caption(stage, result) for result in seen), ("photo", "")]
    squares = [load_squares(view)[:PHOTOS] for view in views]
    columns = [_column(*pair) for pair in zip(captions, squares, strict=True)]
    page = side_by_side(columns, 2 * GAP)
    path = f"pictures/{NAME}-{stage.number:02d}.png"
    save_png(folder / path, padded(page, page.width + 4 * GAP, page.height + 4 * GAP))
    return PictureTaken(number=OF_THE_STUDY, step=stage.number, name=NAME, path=path)


def _on_first_seed(
    stage: StageResult, incumbent: Mapping[str, float], results: Iterable[TrialResult]
) -> Iterator[TrialResult]:
    """One result for each value of the stage, ascending; diverged trials have no pictures."""
    tried = [value for value, _ in stage.tried]
    of_stage = [
        result
        for result in results
        if result.status != "diverged"
        and result.trial.role != "confirmation"
        and any(result.trial.is_of({**incumbent, stage.varied: value}) for value in tried)
    ]
    first = min((result.trial.seed for result in of_stage), default=None)
    by_value = {r.trial.weights[stage.varied]: r for r in of_stage if r.trial.seed == first}
    yield from (by_value[value] for value in sorted(by_value))


def _caption(stage: StageResult, result: TrialResult) -> tuple[str, str]:
    value = result.trial.weights[stage.varied]
    score = result.status if result.score is None else f"{result.score:.3f}"
    mark = " before" if value == stage.start else ""
    mark = " carried on" if value == stage.chosen else mark
    return f"{stage.varied.removesuffix('_weight')}={plain(value)}", f"{score}{mark}"


def _column(captions: tuple[str, str], photos: Photos) -> Image.Image:
    width = tile_size(photos)[0]
    return stack_rows([*(caption_of(text, width) for text in captions), *tiles_of(photos)], GAP)
