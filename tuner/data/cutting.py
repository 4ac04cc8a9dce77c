"""Squares cut out of photos: from a split to pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tuner.data.decoding import decode
from tuner.data.split import Split, Square, square_side
from tuner.data.survey import Photo
from tuner.errors import PhotosError

Pixels = NDArray[np.uint8]

TILE = " tile "
"""Stands between a photo's name and the place of its tile, as in `coffee tile 2,3`."""


def cut(
    made: Split,
    image_size: int,
    train: BinaryIO,
    progress: Callable[[int], None],
    surroundings: int = 0,
) -> Pixels:
    """Writes the training squares as an .npy file and gives the others, (M + V, S, S, 3).

    The M held-out ones come first, then those of the vault. All have `surroundings` on either
    side, so S = image_size + 2 surroundings; beyond its edge a photo is mirrored.

    Written as a stream, because a full disk kills a process that writes to a memory map.
    """
    side = square_side(image_size)
    full = side + 2 * surroundings
    header = {"descr": "|u1", "fortran_order": False, "shape": (len(made.train), full, full, 3)}
    np.lib.format.write_array_header_1_0(train, header)
    others = (*made.held, *made.vault)
    wide = image_size + 2 * surroundings
    holdout = np.empty((len(others), wide, wide, 3), np.uint8)
    inset = (side - image_size) // 2
    places = {square: number for number, square in enumerate(others)}
    squares = _by_photo((*made.train, *others))
    for done, (photo, mine) in enumerate(squares.items(), start=1):
        pixels = resized(photo, mine[0].width, mine[0].height)
        around = (surroundings, surroundings)
        mirrored = np.pad(pixels, (around, around, (0, 0)), "reflect")
        for one in mine:
            if one in places:
                top, left = one.top + inset, one.left + inset
                holdout[places[one]] = mirrored[top : top + wide, left : left + wide]
            else:
                cell = mirrored[one.top : one.top + full, one.left : one.left + full]
                train.write(cell.tobytes())
        progress(len(squares) - done)
    return holdout


def inner(squares: Pixels, side: int) -> Pixels:
    """The middle of squares (M, S, S, 3) as a view, (M, side, side, 3)."""
    around = (squares.shape[1] - side) // 2
    return squares[:, around : around + side, around : around + side]


def _by_photo(squares: Iterable[Square]) -> dict[Photo, list[Square]]:
    groups: dict[Photo, list[Square]] = {}
    for one in sorted(squares, key=lambda one: one.photo.digest):
        groups.setdefault(one.photo, []).append(one)
    return groups


def resized(photo: Photo, width: int, height: int) -> Pixels:
    """A photo in another size, (height, width, 3).

    Raises:
        PhotosError: The file changed since it was surveyed.
    """
    try:
        picture = decode(photo.path, short_side=2 * min(width, height))
    except (OSError, SyntaxError) as problem:
        raise PhotosError(f"'{photo.path}' changed while it was read ({problem})") from problem
    return np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))


def names_of(made: Split) -> list[str]:
    """Names of what `cut` gives, without suffix unless two photos share one.

    Those of tiles have row and column.
    """
    others = (*made.held, *made.vault)
    stems = {one.photo.name: str(PurePosixPath(one.photo.name).with_suffix("")) for one in others}
    often = Counter(stems.values())
    names = {name: stem if often[stem] == 1 else name for name, stem in stems.items()}
    tile = TILE + "{0.row},{0.column}" if made.mode == "tiles" else ""
    return [names[one.photo.name] + tile.format(one) for one in others]


def photo_of(name: str) -> str:
    """Name of the photo that a square was cut out of, by the name of the square."""
    return name.partition(TILE)[0]


def photos_of(names: Sequence[str]) -> tuple[int, ...]:
    """For each square the photo that it was cut out of, counted from 0 in order of appearance.

    Args:
        names: Of the squares, as `names_of` gives them.
    """
    order: dict[str, int] = {}
    return tuple(order.setdefault(photo_of(name), len(order)) for name in names)
