"""Sets photos aside that are neither trained on nor scored before the claim, which they decide.

Only the pixels of a photo decide whether it is one of them. A photo that looks like one outside,
the same picture resized or saved again, stays outside, so duplicates never lie on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tuner.data.duplicates import BLOCK, CELLS, has_alike, thumbnails
from tuner.data.split import ACROSS, Mode, Square, fraction, in_turns, squares_of
from tuner.data.survey import Photo

LEAST_VAULT = 20
"""Photos; with fewer the interval is so wide that hardly any gain would be confirmed."""


@dataclass(frozen=True)
class SetAside:
    """The photos of the vault, and all others.

    Attributes:
        vault: Empty where the study asks for none, or where there would be too few.
        rest: The photos to train on and to score all along.
        how: What the user should know, in words; empty where no vault was asked for.
    """

    vault: tuple[Photo, ...]
    rest: tuple[Photo, ...]
    how: str = ""


def set_aside(photos: Sequence[Photo], share: float, others: Sequence[Photo] = ()) -> SetAside:
    """Takes a share of the photos for the vault, where that is enough for a claim.

    Args:
        photos: Of which some are taken.
        share: Of them, in [0, 1); 0 takes none.
        others: Photos that are on the other side whatever happens.
    """
    if not share:
        return SetAside((), tuple(photos))
    taken = [photo for photo in photos if fraction(photo) >= 1 - share]
    rest = [photo for photo in photos if fraction(photo) < 1 - share]
    alike = _alike(taken, [*rest, *others])
    vault = tuple(photo for photo, there in zip(taken, alike, strict=True) if not there)
    copies = f", without {sum(alike)} that look like others" if any(alike) else ""
    if len(vault) < LEAST_VAULT:
        return SetAside(
            (),
            tuple(photos),
            f"no vault, as {share:g} of {len(photos)} photos are {len(vault)}{copies} and it needs "
            f"{LEAST_VAULT}",
        )
    rest += [photo for photo, there in zip(taken, alike, strict=True) if there]
    return SetAside(vault, tuple(rest), f"{len(vault)} photos in the vault{copies}")


def vault_squares(
    photos: Sequence[Photo], mode: Mode, image_size: int, across: int = ACROSS
) -> tuple[Square, ...]:
    """The squares of the vault, cut as the held-out ones are; the first are of different photos."""
    inside = sorted(photos, key=fraction)
    return in_turns([squares_of(photo, mode, image_size, across) for photo in inside])


def _alike(some: Sequence[Photo], others: Sequence[Photo]) -> list[bool]:
    """Whether each of some photos looks like any of the others."""
    if not some or not others:
        return [False] * len(some)
    return [bool(one) for one in has_alike(_thumbnails(some), _thumbnails(others))]


def _thumbnails(photos: Sequence[Photo]) -> Tensor:
    pixels = np.stack([np.frombuffer(photo.small, np.uint8) for photo in photos])
    squares = torch.from_numpy(pixels.reshape(-1, CELLS, CELLS, 3))
    blocks = (squares[start : start + BLOCK] for start in range(0, len(squares), BLOCK))
    return torch.cat([thumbnails(block.permute(0, 3, 1, 2)) for block in blocks])
