"""Which photos are shown: whole ones where tiles of them are held out, else held-out photos."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tuner.data.cutting import Pixels, photo_of, resized
from tuner.data.split import Split, square_side

GALLERY = 6
"""Photos that are shown; more would be too small to see in MLflow's cards."""

WIDEST = 224
"""Side of a shown photo in pixels, at most, so that a picture costs no more than a score."""


def choose_gallery(squares: np.ndarray, names: Sequence[str]) -> tuple[int, ...]:
    """The most colorful held-out square of each photo, the most colorful photos first.

    Args:
        squares: (M, H, W, 3) uint8.
        names: Of each square, the photo's name first: `coffee tile 2,3`.
    """
    pixels = squares.astype(np.float32)
    colorful = np.abs(np.diff(pixels, axis=-1)).mean(axis=(1, 2, 3))
    best: dict[str, int] = {}
    for index in np.argsort(-colorful, kind="stable"):
        best.setdefault(photo_of(names[index]), int(index))
    return tuple(best.values())[:GALLERY]


def cut_gallery(made: Split, image_size: int, squares: Pixels, names: Sequence[str]) -> Pixels:
    """The photos that are shown, (n, S, S, 3) uint8, as large as the network sees them.

    Args:
        made: Of `tiles` the middle of each photo is shown, held-out and training cells alike; of
            `photos` the held-out squares.
        squares: The held-out squares, (M, s, s, 3), in the order of `made.held`.
        names: Of these squares.
    """
    chosen = choose_gallery(squares, names)
    if made.mode == "photos":
        return np.asarray(squares)[list(chosen)]
    cells = [made.held[index] for index in chosen]
    shortest = min(min(one.width, one.height) for one in cells)
    side = min(shortest, max(WIDEST, square_side(image_size)))
    return np.stack([_middle(resized(one.photo, one.width, one.height), side) for one in cells])


def _middle(pixels: Pixels, side: int) -> Pixels:
    top, left = ((length - side) // 2 for length in pixels.shape[:2])
    return pixels[top : top + side, left : left + side]
