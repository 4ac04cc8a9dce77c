"""The pairs of a study as pictures in a folder, for a person without a browser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from tuner.errors import StorageError
from tuner.journal.tiles import (
    GAP,
    Photos,
    caption_of,
    padded,
    save_png,
    side_by_side,
    stack_rows,
    tiles_of,
)
from tuner.preference.answers_file import write_answers
from tuner.preference.pictures import Pictures
from tuner.preference.questions import Question

ANSWERS = "answers.csv"


def write_folder(
    folder: Path, study: str, order: int, questions: Sequence[Question], pictures: Pictures
) -> Path:
    """Writes a picture for each pair, with the gray photo beside it, and the file of answers.

    Returns:
        The file to fill in.

    Raises:
        StorageError: The folder cannot be written, or has a file of answers already.
    """
    answers = folder / ANSWERS
    if answers.exists():
        raise StorageError(
            f"{answers}: is there already, perhaps with answers; name another folder"
        )
    for number, question in enumerate(questions, 1):
        photo, seed = question.photo, question.seed
        sides = [pictures.best[seed][photo], pictures.start[seed][photo]]
        left, right = sides if question.best_is_left else reversed(sides)
        columns = [
            _column(name, squares[None])
            for name, squares in (("left", left), ("right", right), ("gray", pictures.gray[photo]))
        ]
        page = side_by_side(columns, 2 * GAP)
        page = padded(page, page.width + 4 * GAP, page.height + 4 * GAP)
        save_png(folder / f"pair-{number:02d}.png", page)
    write_answers(answers, study, order, len(questions))
    return answers


def _column(name: str, squares: Photos) -> Image.Image:
    (tile,) = tiles_of(squares)
    return stack_rows([caption_of(name, tile.width), tile], GAP)
