"""The photos of the page: rows of squares, embedded in the page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from tuner.journal.history import StudyHistory
from tuner.journal.sample_recorder import GRAY, PHOTO, is_whole, last_squares, restore_gray
from tuner.reporting.before_after import typical_views
from tuner.reporting.page.recommendation import recommended_weights

LARGEST_BYTES = 120_000
"""The largest PNG of a row; larger rows are embedded as JPEG, so that the page can be mailed."""

WIDEST = 2000
"""The largest width of a row in pixels; the page shows it at half of that."""


@dataclass(frozen=True)
class PhotoRow:
    """Squares side by side; each row shows the same squares.

    Attributes:
        caption: What the row shows.
        source: The picture as a `data:` address.
        count: How many squares there are.
        side: Pixels of a square's side.
    """

    caption: str
    source: str
    count: int
    side: int


def photo_rows(folder: Path, history: StudyHistory) -> tuple[PhotoRow, ...]:
    """The rows: gray, start weights, best weights (where they differ) and photo.

    Args:
        folder: The study's folder, which holds the last predictions of every trial.
        history: What happened.

    Returns:
        The rows; empty where the study has no pictures, or they are damaged.
    """
    restore_gray(folder)
    best, results = recommended_weights(history), history.results.values()
    pair = typical_views(folder, results, history.start_weights, best.weights)
    if pair is not None and all(map(is_whole, pair)):
        return _rows(("gray", "start weights", best.name, "photo"), pair)
    started = (n for n, trial in history.trials.items() if trial.is_of(history.start_weights))
    for number in sorted(started):
        alone = (folder / GRAY, last_squares(folder, number), folder / PHOTO)
        if all(map(is_whole, alone)):
            return _rows(("gray", "start weights", "photo"), alone)
    return ()


def _rows(captions: Sequence[str], paths: Sequence[Path]) -> tuple[PhotoRow, ...]:
    return tuple(_row(caption, path) for caption, path in zip(captions, paths, strict=True))


def _row(caption: str, path: Path) -> PhotoRow:
    with Image.open(path) as picture:
        width, height = picture.size
        source = _address("png", path.read_bytes())
        if path.stat().st_size > LARGEST_BYTES:
            source = _address("jpeg", _as_jpeg(picture))
    return PhotoRow(caption, source, width // height, height)


def _as_jpeg(picture: Image.Image) -> bytes:
    written, size = BytesIO(), (WIDEST, picture.height)
    picture = picture.convert("RGB")
    picture.thumbnail(size)
    picture.save(written, "JPEG", quality=90)
    return written.getvalue()


def _address(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{b64encode(content).decode()}"
