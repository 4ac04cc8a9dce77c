"""The result of one check of a study."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Color = Literal["green", "amber", "red"]

WORST_LAST: tuple[Color, ...] = ("green", "amber", "red")


@dataclass(frozen=True)
class CheckResult:
    """One finding.

    Attributes:
        subject: The subject in a word or two, such as `photos`.
        color: red where the study cannot work as asked; amber where the user should check
            something; green otherwise.
        sentence: The finding, with its numbers.
        advice: What to do about it; empty where nothing has to be done.
    """

    subject: str
    color: Color
    sentence: str
    advice: str = ""


def worst(findings: Iterable[CheckResult]) -> Color:
    """The worst color; green without findings."""
    return max((each.color for each in findings), key=WORST_LAST.index, default="green")
