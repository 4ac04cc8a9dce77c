"""The parts of pictures of photos: tiles, rows, captions and margins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from tuner.errors import StorageError
from tuner.files.atomic import draft_of

Photos: TypeAlias = NDArray[np.uint8]
"""(n, h, w, 3) in 0..255."""

MOST_PHOTOS = 9
TILE = 116  # least side of a tile in pixels, so that a strip is about 768 x 256
GAP = 4
PAPER = (250, 250, 250)
INK = (40, 40, 40)


def tile_size(photos: Photos, highest: int = 2 * TILE) -> tuple[int, int]:
    """Width and height of a tile; small squares grow by a whole factor, so pixels stay square.

    Args:
        highest: Height in pixels to which larger photos shrink.
    """
    height, width = photos.shape[1:3]
    factor = max(1, math.ceil(TILE / height))
    if height > highest:
        return round(width * highest / height), highest
    return width * factor, height * factor


def tiles_of(photos: Photos, highest: int = 2 * TILE) -> list[Image.Image]:
    """The first nine photos as tiles: smoothed where they shrink, sharp where they grow."""
    assert photos.ndim == 4, photos.shape  # noqa: PLR2004
    assert photos.dtype == np.uint8, photos.dtype
    size = tile_size(photos, highest)
    grows = size[1] >= photos.shape[1]
    resampling = Image.Resampling.NEAREST if grows else Image.Resampling.LANCZOS
    return [Image.fromarray(photo).resize(size, resampling) for photo in photos[:MOST_PHOTOS]]


def row_of(tiles: Sequence[Image.Image]) -> Image.Image:
    """Tiles side by side."""
    return side_by_side(tiles, GAP)


def side_by_side(images: Sequence[Image.Image], gap: int) -> Image.Image:
    """Pictures side by side, their tops in one line."""
    width = sum(image.width for image in images) + gap * (len(images) - 1)
    page = Image.new("RGB", (width, max(image.height for image in images)), PAPER)
    left = 0
    for image in images:
        page.paste(image, (left, 0))
        left += image.width + gap
    return page


def stack_rows(images: Sequence[Image.Image], gap: int) -> Image.Image:
    """Pictures below each other, their left sides in one line."""
    height = sum(image.height for image in images) + gap * (len(images) - 1)
    page = Image.new("RGB", (max(image.width for image in images), height), PAPER)
    top = 0
    for image in images:
        page.paste(image, (0, top))
        top += image.height + gap
    return page


def padded(image: Image.Image, width: int, height: int) -> Image.Image:
    """A picture in the middle of a page."""
    page = Image.new("RGB", (width, height), PAPER)
    page.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
    return page


def pad_to_three_to_one(image: Image.Image) -> Image.Image:
    """A picture in the middle of a page that is three times as wide as high."""
    height = max(image.height, math.ceil(image.width / 3))
    return padded(image, 3 * height, height)


def caption_of(text: str, width: int) -> Image.Image:
    """A column's name, as wide as the column, in letters that fit."""
    size = 18
    while text_width(text, size) > width and size > 8:  # noqa: PLR2004
        size -= 1
    box = Image.new("RGB", (width, 22), PAPER)
    ImageDraw.Draw(box).text(
        (width // 2, 11), text, INK, ImageFont.load_default(size=size), anchor="mm"
    )
    return box


def label_of(text: str, width: int, height: int) -> Image.Image:
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


def save_png(path: Path, image: Image.Image, notes: PngInfo | None = None) -> None:
    """Saves a picture, as a whole or not at all.

    Args:
        notes: Texts that the file holds beside its pixels.

    Raises:
        StorageError: It cannot be written.
    """
    try:
        with draft_of(path) as draft:
            # Three times as fast as by default, and 2 % larger.
            image.save(draft, format="PNG", compress_level=3, pnginfo=notes)
    except OSError as error:
        raise StorageError(f"{path}: the picture cannot be written ({error.strerror})") from error
