"""Squares cut out of photos: from a split to pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
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


def cut(made: Split, image_size: int, train: BinaryIO, progress: Callable[[int], None]) -> Pixels:
    """Writes the training squares as an .npy file and gives the others, (M + V, s, s, 3).

    The M held-out ones come first, then those of the vault.

    Written as a stream, because a full disk kills a process that writes to a memory map.
    """
    side = square_side(image_size)
    inner = (side - image_size) // 2
    header = {"descr": "|u1", "fortran_order": False, "shape": (len(made.train), side, side, 3)}
    np.lib.format.write_array_header_1_0(train, header)
    others = (*made.held, *made.vault)
    holdout = np.empty((len(others), image_size, image_size, 3), np.uint8)
    places = {square: number for number, square in enumerate(others)}
    squares = _by_photo((*made.train, *others))
    for done, (photo, mine) in enumerate(squares.items(), start=1):
        pixels = _resized(photo, mine[0].width, mine[0].height)
        for one in mine:
            cell = pixels[one.top : one.top + side, one.left : one.left + side]
            if one in places:
                holdout[places[one]] = cell[inner:, inner:][:image_size, :image_size]
            else:
                train.write(cell.tobytes())
        progress(len(squares) - done)
    return holdout


def _by_photo(squares: Iterable[Square]) -> dict[Photo, list[Square]]:
    groups: dict[Photo, list[Square]] = {}
    for one in sorted(squares, key=lambda one: one.photo.digest):
        groups.setdefault(one.photo, []).append(one)
    return groups


def _resized(photo: Photo, width: int, height: int) -> Pixels:
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
    tile = " tile {0.row},{0.column}" if made.mode == "tiles" else ""
    return [names[one.photo.name] + tile.format(one) for one in others]
