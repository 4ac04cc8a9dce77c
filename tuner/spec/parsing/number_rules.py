"""Numbers that no part of a study can use: NaN, and integers that nothing can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isnan
from typing import Any

from tuner.wording import Keys, Mistake

LARGEST_INTEGER = 10**100
"""Far beyond everything that can be trained; its square is still a number for tables and plots."""


def unusable_numbers(values: Any, keys: Keys = ()) -> Iterator[Mistake]:
    """One mistake for each of these numbers, wherever it stands."""
    if isinstance(values, Mapping):
        for key, value in values.items():
            yield from unusable_numbers(value, (*keys, str(key)))
    elif isinstance(values, list | tuple):
        for index, value in enumerate(values):
            yield from unusable_numbers(value, (*keys, index))
    elif isinstance(values, float) and isnan(values):
        yield Mistake(keys, "got NaN, expected a number")
    elif isinstance(values, int) and abs(values) > LARGEST_INTEGER:
        yield Mistake(
            keys, f"got an integer beyond {LARGEST_INTEGER:.0e}, the largest that is allowed"
        )
