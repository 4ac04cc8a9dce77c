"""Picture strips: what the network makes of held-out photos, beside what it should make."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tuner.errors import StorageError

Photos: TypeAlias = NDArray[np.uint8]

MOST_PHOTOS = 9
TILE = 116  # pixels a tile has at least, so that a strip is about 768 x 256
GAP = 4
PAPER = (250, 250, 250)
INK = (40, 40, 40)


def save_strip(
    path: Path,
    gray: Photos,
    prediction: Photos,
    photo: Photos,
    caption: str = "",
) -> None:
    """Saves a strip three times as wide as it is high, the shape that MLflow's cards show whole.

    Every photo takes three tiles side by side: gray, prediction, photo. With up to one photo
    there is one such triple, with up to four there are two rows of two, beyond that three rows
    of three; photos after the ninth are left out.

    Args:
        path: The PNG file to write.
        gray: Input of the network, (n, h, w, 3) in 0..255.
        prediction: Its output, same shape.
        photo: The held-out photos, same shape.
        caption: One line below the photos.

    Raises:
        StorageError: The file cannot be written.
    """
    triples = [_row(tiles) for tiles in zip(*map(_tiles, (gray, prediction, photo)), strict=True)]
    side = math.ceil(math.sqrt(len(triples)))
    rows = [triples[start : start + side] for start in range(0, len(triples), side)]
    body = _stack([_beside(row, 3 * GAP) for row in rows], GAP)
    columns = _tile_size(photo)[0]
    names = _row([_caption(text, columns) for text in ("gray", "prediction", "photo")])
    parts = [_beside([names] * len(rows[0]), 3 * GAP), body]
    if caption:
        parts.append(_caption(caption, body.width))
    save_png(path, _three_to_one(_stack(parts, GAP)))


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
        photo: The held-out photos, same shape.
        captions: Names of the four rows.

    Raises:
        StorageError: The file cannot be written.
    """
    rows = [_row(_tiles(photos)) for photos in (gray, before, after, photo)]
    width = round(max(text_width(word, 16) for text in captions for word in text.split())) + GAP
    labels = [_label(text, width, _tile_size(photo)[1]) for text in captions]
    lines = [_beside(pair, 2 * GAP) for pair in zip(labels, rows, strict=True)]
    page = _stack(lines, GAP)
    save_png(path, _padded(page, page.width + 4 * GAP, page.height + 4 * GAP))


def save_squares(path: Path, squares: Photos) -> None:
    """Saves pictures side by side, pixel for pixel, for `load_squares` to read again.

    Args:
        path: The PNG file to write.
        squares: (n, s, s, 3) in 0..255.

    Raises:
        StorageError: The file cannot be written.
    """
    save_png(path, Image.fromarray(np.concatenate(list(squares), axis=1)))


def load_squares(path: Path) -> Photos:
    """The pictures that `save_squares` saved, (n, s, s, 3) in 0..255.

    Raises:
        StorageError: The file cannot be read.
    """
    try:
        with Image.open(path) as picture:
            row = np.asarray(picture.convert("RGB"))
    except OSError as error:
        raise StorageError(f"{path}: the picture cannot be read ({error})") from error
    return np.stack(np.split(row, row.shape[1] // row.shape[0], axis=1))


def _tile_size(photos: Photos) -> tuple[int, int]:
    """Width and height of a tile; small squares grow by a whole factor, so pixels stay square."""
    height, width = photos.shape[1:3]
    factor = max(1, math.ceil(TILE / height))
    if height > 2 * TILE:
        return round(width * 2 * TILE / height), 2 * TILE
    return width * factor, height * factor


def _tiles(photos: Photos) -> list[Image.Image]:
    assert photos.ndim == 4, photos.shape  # noqa: PLR2004
    assert photos.dtype == np.uint8, photos.dtype
    size = _tile_size(photos)
    grows = size[1] >= photos.shape[1]
    resampling = Image.Resampling.NEAREST if grows else Image.Resampling.LANCZOS
    return [Image.fromarray(photo).resize(size, resampling) for photo in photos[:MOST_PHOTOS]]


def _row(tiles: Sequence[Image.Image]) -> Image.Image:
    return _beside(tiles, GAP)


def _beside(images: Sequence[Image.Image], gap: int) -> Image.Image:
    width = sum(image.width for image in images) + gap * (len(images) - 1)
    page = Image.new("RGB", (width, max(image.height for image in images)), PAPER)
    left = 0
    for image in images:
        page.paste(image, (left, 0))
        left += image.width + gap
    return page


def _stack(images: Sequence[Image.Image], gap: int) -> Image.Image:
    height = sum(image.height for image in images) + gap * (len(images) - 1)
    page = Image.new("RGB", (max(image.width for image in images), height), PAPER)
    top = 0
    for image in images:
        page.paste(image, (0, top))
        top += image.height + gap
    return page


def _padded(image: Image.Image, width: int, height: int) -> Image.Image:
    page = Image.new("RGB", (width, height), PAPER)
    page.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
    return page


def _three_to_one(image: Image.Image) -> Image.Image:
    height = max(image.height, math.ceil(image.width / 3))
    return _padded(image, 3 * height, height)


def _caption(text: str, width: int) -> Image.Image:
    """A column's name, as wide as the column, in letters that fit."""
    size = 18
    while text_width(text, size) > width and size > 8:  # noqa: PLR2004
        size -= 1
    box = Image.new("RGB", (width, 22), PAPER)
    ImageDraw.Draw(box).text(
        (width // 2, 11), text, INK, ImageFont.load_default(size=size), anchor="mm"
    )
    return box


def _label(text: str, width: int, height: int) -> Image.Image:
    """A row's name, as high as the row, one word to a line."""
    box = Image.new("RGB", (width, height), PAPER)
    ImageDraw.Draw(box).multiline_text(
        (width, height // 2),
        "\n".join(text.split()),
        INK,
        ImageFont.load_default(size=16),
        anchor="rm",
        align="right",
    )
    return box


def text_width(text: str, size: int) -> float:
    """Pixels that a line takes in the usual font."""
    return ImageDraw.Draw(Image.new("RGB", (1, 1))).textlength(
        text, ImageFont.load_default(size=size)
    )


def save_png(path: Path, image: Image.Image) -> None:
    """Saves a picture.

    Raises:
        StorageError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path, format="PNG")
    except OSError as error:
        raise StorageError(f"{path}: the picture cannot be written ({error.strerror})") from error
