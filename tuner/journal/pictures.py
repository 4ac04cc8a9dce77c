"""Picture strips: predictions beside their photos."""

from __future__ import annotations

import hashlib
import math
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tuner.errors import StorageError
from tuner.journal.tiles import (
    GAP,
    Photos,
    caption_of,
    label_of,
    pad_to_three_to_one,
    padded,
    row_of,
    save_png,
    side_by_side,
    stack_rows,
    text_width,
    tile_size,
    tiles_of,
)


def save_strip(
    path: Path,
    gray: Photos,
    prediction: Photos,
    photo: Photos,
    caption: str = "",
) -> None:
    """Saves a strip three times as wide as high: MLflow's cards show this shape in full.

    Every photo takes three tiles side by side: gray, prediction, photo. With up to one photo
    there is one such triple, with up to four there are two rows of two, beyond that three rows
    of three; photos after the ninth are left out.

    Args:
        path: The PNG file to write.
        gray: Input of the network, (n, h, w, 3) in 0..255.
        prediction: Its output, same shape.
        photo: The photos in color, same shape.
        caption: One line below the photos.

    Raises:
        StorageError: The file cannot be written.
    """
    columns, highest = tile_size(photo, IN_A_STRIP)
    views = (tiles_of(photos, highest) for photos in (gray, prediction, photo))
    triples = [row_of(tiles) for tiles in zip(*views, strict=True)]
    side = math.ceil(math.sqrt(len(triples)))
    rows = [triples[start : start + side] for start in range(0, len(triples), side)]
    body = stack_rows([side_by_side(row, 3 * GAP) for row in rows], GAP)
    names = row_of([caption_of(text, columns) for text in ("gray", "prediction", "photo")])
    parts = [side_by_side([names] * len(rows[0]), 3 * GAP), body]
    if caption:
        parts.append(caption_of(caption, body.width))
    save_png(path, pad_to_three_to_one(stack_rows(parts, GAP)))


def save_before_after(
    path: Path,
    gray: Photos,
    before: Photos,
    after: Photos,
    photo: Photos,
    *,
    captions: Sequence[str] = ("gray", "start weights", "best weights", "photo"),
) -> None:
    """Saves the result of a study as a picture: one row for each of the four, photos side by side.

    Args:
        path: The PNG file to write.
        gray: Input of the network, (n, h, w, 3) in 0..255.
        before: Colored by the network trained with the start weights, same shape.
        after: Colored by the network trained with the best weights, same shape.
        photo: The photos in color, same shape.
        captions: Names of the four rows.

    Raises:
        StorageError: The file cannot be written.
    """
    rows = [row_of(tiles_of(photos)) for photos in (gray, before, after, photo)]
    width = round(max(text_width(word, 16) for text in captions for word in text.split())) + GAP
    labels = [label_of(text, width, tile_size(photo)[1]) for text in captions]
    lines = [side_by_side(pair, 2 * GAP) for pair in zip(labels, rows, strict=True)]
    page = stack_rows(lines, GAP)
    save_png(path, padded(page, page.width + 4 * GAP, page.height + 4 * GAP))


IN_A_STRIP = 128
"""Height of a photo in a strip, in pixels at most. MLflow's cards show no more, and strips are
drawn while trials are trained."""

DIGEST = "sha256"
"""Under this name a file of squares holds the digest of its pixels and its name."""

BROKEN = (OSError, SyntaxError, ValueError, zlib.error, struct.error, Image.DecompressionBombError)
"""What Pillow raises for damaged pictures."""


def save_squares(path: Path, squares: Photos) -> None:
    """Saves pictures side by side, pixel for pixel, for `load_squares` to read again.

    The file holds a digest of the pixels and of its own name in its folder, so a file that was
    changed, or exchanged with that of another trial, is noticed.

    Args:
        path: The PNG file to write.
        squares: (n, s, s, 3) in 0..255.

    Raises:
        StorageError: The file cannot be written.
    """
    row = np.concatenate(list(squares), axis=1)
    notes = PngInfo()
    notes.add_text(DIGEST, _digest(path, row))
    save_png(path, Image.fromarray(row), notes)


def load_squares(path: Path) -> Photos:
    """The pictures that `save_squares` saved, (n, s, s, 3) in 0..255.

    Raises:
        StorageError: The file cannot be read, or is not what was saved under this name.
    """
    try:
        with Image.open(path) as picture:
            row = np.asarray(picture.convert("RGB"))
            digest = picture.info.get(DIGEST)
    except BROKEN as error:
        raise StorageError(f"{path}: the picture cannot be read ({error})") from error
    if digest not in (None, _digest(path, row)):
        raise StorageError(f"{path}: the picture is not the one that was saved here")
    return np.stack(np.split(row, row.shape[1] // row.shape[0], axis=1))


def _digest(path: Path, row: Photos) -> str:
    """SHA-256, in hex, of pixels and of a file's name and folder."""
    digest = hashlib.sha256(f"{path.parent.name}/{path.name} {row.shape}".encode())
    digest.update(np.ascontiguousarray(row).data)
    return digest.hexdigest()
