"""One thing that is known about a study before anything is spent on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Color = Literal["green", "amber", "red"]

WORST_LAST: tuple[Color, ...] = ("green", "amber", "red")


@dataclass(frozen=True)
class CheckResult:
    """What was looked at, and what was seen.

    Attributes:
        subject: What it is about, in a word or two: `photos`.
        color: red, where the study cannot give what it promises; amber, where somebody should
            look; green otherwise.
        sentence: What was seen, with its numbers.
        advice: What to do about it; empty where nothing has to be done.
    """

    subject: str
    color: Color
    sentence: str
    advice: str = ""


def worst(findings: Iterable[CheckResult]) -> Color:
    """The worst color; green where nothing was found."""
    return max((each.color for each in findings), key=WORST_LAST.index, default="green")
