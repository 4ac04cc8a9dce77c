"""The input of a diagnosis: the measurements of a set of predictions, and pictures to show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tuner.color.measures import Reading

Picture = NDArray[np.uint8]


class Views(NamedTuple):
    """One photo three times, each (H, W, 3) in 0..255."""

    gray: Picture
    prediction: Picture
    photo: Picture


@dataclass(frozen=True)
class Case:
    """A set of predictions.

    Attributes:
        title: What is diagnosed, in a few words.
        reading: The measurements of all photos.
        shown: The measurements of the photos that can be shown.
        names: The names of the photos that can be shown.
        views: Returns the pictures of one of them, by index.
        remarks: Sentences on what was left out or resized.
    """

    title: str
    reading: Reading
    shown: Reading
    names: tuple[str, ...]
    views: Callable[[int], Views]
    remarks: tuple[str, ...] = ()
