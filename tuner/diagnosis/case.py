"""What a diagnosis looks at: the reading of a set, and the pictures that can be shown of it."""

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
        title: What was looked at, in a few words.
        reading: Of all its photos.
        shown: Of the photos that can be shown.
        names: Of these.
        views: Gives one of these, by index.
        remarks: Sentences about what was left out or resized.
    """

    title: str
    reading: Reading
    shown: Reading
    names: tuple[str, ...]
    views: Callable[[int], Views]
    remarks: tuple[str, ...] = ()
