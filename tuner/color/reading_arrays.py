"""Converts a reading to plain arrays and back, so it can be stored with a trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import numpy as np
import torch
from numpy.typing import NDArray

from tuner.color.agreement import Moments
from tuner.color.measures import Reading

Arrays = Mapping[str, NDArray[np.float32]]

_MOMENTS = ("color", "lightness")


def as_arrays(reading: Reading) -> dict[str, NDArray[np.float32]]:
    """All numbers of a reading by name, the first axis of each being the photos."""
    found = {f"values.{name}": value for name, value in reading.values.items()}
    for part in _MOMENTS:
        moments = getattr(reading, part)
        found |= {f"{part}.{field.name}": getattr(moments, field.name) for field in fields(Moments)}
    return {name: value.cpu().numpy().astype(np.float32) for name, value in found.items()}


def from_arrays(arrays: Arrays) -> Reading:
    """The reading that `as_arrays` converted.

    Raises:
        KeyError: A part of it is missing.
    """
    whole = {name: torch.from_numpy(np.asarray(value)).double() for name, value in arrays.items()}
    values = {
        name.removeprefix("values."): value
        for name, value in whole.items()
        if name.startswith("values.")
    }
    color, lightness = (
        Moments(**{field.name: whole[f"{part}.{field.name}"] for field in fields(Moments)})
        for part in _MOMENTS
    )
    return Reading(values, color, lightness)
