"""Phrases of sentences: places, values, the nearest name, and durations in a suitable unit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

Keys = tuple[str | int, ...]
"""The keys of a value, such as `("stages", 1, "vary")`."""

LONGEST_TEXT = 60
ALIKE = 0.6
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
TWO_DIGITS = 99.5


@dataclass(frozen=True)
class Mistake:
    """One mistake in a study.

    Attributes:
        keys: The place of the mistake.
        text: What is wrong, and what is allowed.
        about: `value` for a wrong value, `missing` for a value that is not there, `section` for
            keys of a section that contradict each other.
    """

    keys: Keys
    text: str
    about: Literal["value", "missing", "section"] = "value"


def dotted(keys: Keys) -> str:
    """The keys of a value as messages and `--set` write them: `stages[1].vary`."""
    parts = [f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys]
    return "".join(parts).removeprefix(".")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The most similar known name; None where none is similar."""
    scored = [(_likeness(name.lower(), other.lower()), other) for other in known]
    score, best = max(scored, key=lambda pair: pair[0], default=(0.0, ""))
    return best if score >= ALIKE else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A remark for an unknown name: the nearest known name, or all known names."""
    names = tuple(known)
    best = nearest(name, names)
    if best is not None:
        return f" (did you mean '{best}'?)"
    return f" (allowed: {listed(names)})" if names else ""


def literal(text: str) -> str:
    """A text as Markdown that shows it as it is: no link, no picture, no HTML, no code."""
    return re.sub(r"([\\`\[\]|])", r"\\\1", text).replace("<", "&lt;")


def listed(names: Iterable[str], last: str = "and") -> str:
    """Names in quotes as a list: `'a', 'b' and 'c'`."""
    return joined([f"'{name}'" for name in names], last)


def joined(phrases: Iterable[str], last: str) -> str:
    """Phrases as a list: `a, b or c`."""
    *most, final = phrases
    return f"{', '.join(most)} {last} {final}" if most else final


def some(phrases: Sequence[str], most: int = 5) -> str:
    """The first phrases and the number of the rest: `a, b and 3 more`."""
    rest = f" and {len(phrases) - most} more" if len(phrases) > most else ""
    return f"{', '.join(phrases[:most])}{rest}"


def shown(value: Any) -> str:
    """A value in words that can follow "got"."""
    match value:
        case float() if not math.isfinite(value):
            words = "not-a-number" if math.isnan(value) else f"{'-' * (value < 0)}infinity"
        case None | bool():
            words = "nothing" if value is None else str(value).lower()
        case str():
            words = repr(_cut(value))
        case dict():
            words = f"the keys {listed(map(str, value))}" if value else "no keys"
        case list():
            words = f"a list of {len(value)}" if value else "an empty list"
        case _:
            words = _cut(str(value))
    return words


def unit_of_time(seconds: float) -> tuple[float, str]:
    """A suitable unit of time, in seconds, and its name: `s`, `min`, `h` or `days`."""
    if seconds < 1.5 * MINUTE:
        return 1.0, "s"
    if seconds < 1.5 * HOUR:
        return MINUTE, "min"
    return (HOUR, "h") if seconds < 2 * DAY else (DAY, "days")


def duration(seconds: float, most: float | None = None) -> str:
    """A duration in seconds, or a range of them: `0.25 s`, `12 min`, `1.5 to 3 h`, `25 to 91 days`.

    Both ends have the unit of the larger one, but where the smaller one is below 1 of it.
    """
    size, unit = unit_of_time(seconds if most is None else most)
    last = rounded((seconds if most is None else most) / size)
    if most is None or rounded(seconds / size) == last:
        return f"{last} {unit}"
    first = rounded(seconds / size) if seconds >= size else duration(seconds)
    return f"{first} to {last} {unit}"


def rounded(amount: float) -> str:
    """Two digits, or all before the point: `0.25`, `12`, `230`."""
    return f"{amount:.2g}" if amount < TWO_DIGITS else f"{amount:.0f}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}..."


def _likeness(name: str, other: str) -> float:
    # Equal last words do not count: otherwise every '_weight' is similar to every other one.
    head, _, last = name.rpartition("_")
    if head and other.endswith(f"_{last}"):
        name, other = head, other.removesuffix(f"_{last}")
    # The beginning of a name counts too, but less: 'abb' and 'ab' probably mean 'ab_weight'.
    return max(_ratio(name, other), 0.95 * _ratio(name, other[: len(name)]))


def _ratio(name: str, other: str) -> float:
    return SequenceMatcher(None, name, other).ratio() if name else 0.0
