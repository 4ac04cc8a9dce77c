"""Draws the picture of a diagnosis: gray, prediction and photo of each of the worst photos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tuner.diagnosis.case import Picture, Views
from tuner.journal.tiles import save_png, text_width

TILE = 190  # pixels a row is high
GAP, MARGIN = 6, 20
WIDEST = 1.5  # of a tile, over its height; panoramas are cut
PAPER, INK, FAINT = (250, 250, 250), (30, 30, 30), (110, 110, 110)
ROWS = ("gray", "prediction", "photo")


def save_strip(path: Path, heading: str, columns: Sequence[tuple[str, Views]]) -> None:
    """Saves the picture.

    Args:
        path: The PNG file to write.
        heading: One line above the photos: what is wrong.
        columns: Name and views of each photo, the worst first.

    Raises:
        StorageError: It cannot be written.
    """
    tiles = [[_tile(view) for view in views] for _, views in columns]
    label = round(max(text_width(row, 18) for row in ROWS)) + 2 * GAP
    widths = [column[0].width for column in tiles]
    width = MARGIN * 2 + label + sum(widths) + GAP * (len(widths) - 1)
    top = MARGIN + 40
    page = Image.new("RGB", (width, top + 3 * (TILE + GAP) + 22 + MARGIN), PAPER)
    draw = ImageDraw.Draw(page)
    size = _fitting(heading, width - 2 * MARGIN)
    shown = _short(heading, width - 2 * MARGIN, size)
    draw.text((MARGIN, MARGIN + 12), shown, INK, _font(size), "lm")
    for row, name in enumerate(ROWS):
        middle = top + row * (TILE + GAP) + TILE // 2
        draw.text((MARGIN + label - 2 * GAP, middle), name, INK, _font(18), "rm")
    left = MARGIN + label
    for (name, _), column in zip(columns, tiles, strict=True):
        for row, tile in enumerate(column):
            page.paste(tile, (left, top + row * (TILE + GAP)))
        below = (left + column[0].width // 2, top + 3 * (TILE + GAP) + 10)
        draw.text(below, _short(name, column[0].width, 13), FAINT, _font(13), "mm")
        left += column[0].width + GAP
    save_png(path, page)


def _tile(view: Picture) -> Image.Image:
    image = Image.fromarray(view)
    if image.width > WIDEST * image.height:
        wide = round(WIDEST * image.height)
        left = (image.width - wide) // 2
        image = image.crop((left, 0, left + wide, image.height))
    size = (max(1, round(image.width * TILE / image.height)), TILE)
    # Small squares are enlarged without interpolation, so that no detail is invented.
    smooth = image.height >= TILE // 2
    return image.resize(size, Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST)


def _fitting(text: str, width: int) -> int:
    size = 24
    while size > 10 and text_width(text, size) > width:  # noqa: PLR2004 - smaller cannot be read
        size -= 1
    return size


def _short(text: str, width: int, size: int) -> str:
    """The text, or as much of its beginning as fits."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(f"{text}...", size) > width:
        text = text[:-1]
    return f"{text}..."


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)
