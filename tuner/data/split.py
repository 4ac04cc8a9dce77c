"""Decides which squares of the photos are trained on, and which are held out for scoring.

A training square has a margin, from which crops of `image_size` are taken; a held-out square
is the middle of such a square. Few photos are cut into a grid of cells, of which some are
held out (`tiles`); of many photos, whole ones are held out (`photos`). Only the pixels of a photo
decide which of its parts are held out: within a mode, adding photos moves no square to the other
side, and renaming photos changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from tuner.data.survey import LEAST_PHOTOS, Photo
from tuner.errors import PhotosError

MANY = 40  # from this number of photos on, whole ones are held out
ACROSS = 5  # cells along the short side: a cell of 32 px then shows an object, not a texture
LONGEST = 2  # as many times the short side at most, so that no panorama outweighs the others
LEAST_HELD = 8
MOST_HELD = 96  # more squares cost more time than they gain precision

Mode = Literal["photos", "tiles"]


@dataclass(frozen=True)
class Square:
    """A square region of a photo that was resized to `width` x `height`."""

    photo: Photo
    width: int
    height: int
    left: int
    top: int
    row: int
    column: int


@dataclass(frozen=True)
class Split:
    """The squares to train on, the held-out ones and the vault's; `how` is the split in words."""

    mode: Mode
    train: tuple[Square, ...]
    held: tuple[Square, ...]
    how: str
    vault: tuple[Square, ...] = ()


def square_side(image_size: int) -> int:
    """Side of a training square: a quarter more than `image_size`.

    A crop then shifts by up to a quarter of its side, and at least 4 px lie between a held-out
    square and the next training square. The cubic filter of the resizing reaches that far from
    both, so they share no pixel of the photo. A wider margin would cost cells.
    """
    return image_size + image_size // 4


def cells(photo: Photo, side: int, across: int = ACROSS, *, whole: bool = False) -> list[Square]:
    """The cells of a photo, row by row: a centered grid of squares of `side` pixels.

    The photo is reduced until `across` cells cover its short side, and never enlarged. With `whole`
    it is reduced until one cell covers it, and only that cell is cut.
    """
    across, along = (1, 1) if whole else (across, LONGEST * across)
    scale = min(1.0, across * side / min(photo.width, photo.height))
    width, height = round(photo.width * scale), round(photo.height * scale)
    columns, rows = min(width // side, along), min(height // side, along)
    left, top = (width - columns * side) // 2, (height - rows * side) // 2
    return [
        Square(photo, width, height, left + column * side, top + row * side, row + 1, column + 1)
        for row in range(rows)
        for column in range(columns)
    ]


def split(photos: Sequence[Photo], share: float, image_size: int, across: int = ACROSS) -> Split:
    """Holds out a share: whole photos of many, cells of few; the other mode where that fails.

    Raises:
        PhotosError: Neither way gives `LEAST_HELD` squares to score.
    """
    side = square_side(image_size)
    photos = sorted(photos, key=fraction)
    modes: tuple[Mode, ...] = ("photos", "tiles") if len(photos) >= MANY else ("tiles", "photos")
    most = 0
    for mode in modes:
        made = (
            _split_photos(photos, share, side)
            if mode == "photos"
            else _split_tiles(photos, share, side, across)
        )
        if len(made.held) >= LEAST_HELD and len({one.photo for one in made.train}) >= LEAST_PHOTOS:
            return made
        most = max(most, len(made.held))
    raise _too_few_squares("data.photos", len(photos), most, image_size)


def split_folders(
    photos: Sequence[Photo], scored: Sequence[Photo], image_size: int, across: int = ACROSS
) -> Split:
    """Trains on all of `photos` and scores `scored`, both cut in the same way.

    Raises:
        PhotosError: There are fewer than `LEAST_HELD` squares to score.
    """
    whole = len(photos) >= MANY and len(scored) >= LEAST_HELD
    side = square_side(image_size)
    train = [one for photo in photos for one in cells(photo, side, across, whole=whole)]
    scored = sorted(scored, key=fraction)
    grids = [_in_order(cells(photo, side, across, whole=whole)) for photo in scored]
    made = _capped("photos" if whole else "tiles", train, grids, "a folder of its own")
    if len(made.held) < LEAST_HELD:
        raise _too_few_squares("data.holdout", len(scored), len(made.held), image_size)
    return made


def _split_photos(photos: Sequence[Photo], share: float, side: int) -> Split:
    """Photos come in the order of their fractions, so the held-out ones come first."""
    whole = [cells(photo, side, whole=True) for photo in photos]
    held = [one for one in whole if fraction(one[0].photo) < share]
    return _capped("photos", [one[0] for one in whole[len(held) :]], held, "whole photos")


def _split_tiles(photos: Sequence[Photo], share: float, side: int, across: int) -> Split:
    train: list[Square] = []
    held: list[list[Square]] = []
    for photo in photos:
        grid = _in_order(cells(photo, side, across))
        number = min(max(round(share * len(grid)), 1), len(grid) - 1)
        held.append(grid[:number])
        train.extend(grid[number:])
    return _capped("tiles", train, held, "interleaved tiles")


def _capped(mode: Mode, train: list[Square], held: list[list[Square]], how: str) -> Split:
    """Takes held-out squares from all photos in turn; squares beyond the cap stay unused."""
    number = sum(map(len, held))
    if number > MOST_HELD:
        how += f", {MOST_HELD} of {number} scored"
    return Split(mode, tuple(train), in_turns(held), how)


def in_turns(grids: Sequence[Sequence[Square]]) -> tuple[Square, ...]:
    """One square of each photo, then a second one, and so on: `MOST_HELD` at most."""
    turns = [one for turn in zip_longest(*grids) for one in turn if one is not None]
    return tuple(turns[:MOST_HELD])


def squares_of(photo: Photo, mode: Mode, image_size: int, across: int = ACROSS) -> list[Square]:
    """The squares of a photo that is scored as a whole, in an order of which any prefix will do."""
    return _in_order(cells(photo, square_side(image_size), across, whole=mode == "photos"))


def _in_order(grid: list[Square]) -> list[Square]:
    """The cells in an order of which every prefix is spread evenly over the photo.

    A lattice with the steps of the R2 sequence (M. Roberts, "The unreasonable effectiveness of
    quasirandom sequences", 2018: 1/g and 1/g^2, g^3 = g + 1), shifted by the photo's digest.
    """

    def place(one: Square) -> float:
        return (fraction(one.photo) + 0.7548777 * one.row + 0.5698403 * one.column) % 1

    return sorted(grid, key=place)


def fraction(photo: Photo) -> float:
    """A number in [0, 1) that depends on the photo's pixels alone."""
    return int(photo.digest[:13], 16) / 16**13


def _too_few_squares(asked: str, photos: int, squares: int, image_size: int) -> PhotosError:
    return PhotosError(
        f"{asked}: {photos} photos give only {squares} held-out squares of {image_size} px, "
        f"a score needs {LEAST_HELD}; add photos, use larger ones, lower data.image_size, or raise "
        "data.cells"
    )
