"""How people read a score: by the name, the sign and the digits of the number that it stands for.

Inside, a score is always minimized. A study may score with a number of its script's own that is
better when it is higher; the score is then that number with its sign turned. Every sentence, table
and plot shows the number itself, and takes it from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import Any

MOST_DECIMALS = 12
MOST_DIGITS = 15  # of a float, after the first one
LEAST = 10.0**-MOST_DECIMALS
OF_A_GAIN, OF_A_SCORE = 2, 5
"""Significant digits of a script's own number; a gain of 1 or more has one more."""

LARGE = 1e9
"""From here on a number is shown with an exponent."""


@dataclass(frozen=True)
class ScoreUnit:
    """The number that a score stands for.

    Attributes:
        metric: The script's own number; empty for the score of photos and of `evaluate`.
        maximize: Whether that number is better when it is higher.
    """

    metric: str = ""
    maximize: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> ScoreUnit:
        """The unit of a study.

        Args:
            settings: All settings of the study, as recorded.
        """
        objective = settings.get("objective") or {}
        metric = objective.get("metric") or ""
        return cls(metric, maximize=bool(metric) and objective.get("direction") == "maximize")

    @property
    def name(self) -> str:
        """What the number is called."""
        return self.metric or "score"

    @property
    def sign(self) -> int:
        """The number is the score times this: 1, or -1 where it is maximized."""
        return -1 if self.maximize else 1

    @property
    def better(self) -> str:
        """Which way the number is better: `lower` or `higher`."""
        return "higher" if self.maximize else "lower"

    def value(self, score: float) -> float:
        """The number that a score stands for."""
        return self.sign * score + 0.0  # -0.0 becomes 0.0

    def ascending(self, low: float, high: float) -> tuple[float, float]:
        """Both ends of an interval of scores as ends of an interval of the number."""
        first, second = self.value(low), self.value(high)
        return (second, first) if self.maximize else (first, second)

    def decimals(self, gain: float) -> int:
        """How many decimals show a gain; below 0 they count digits before the point.

        The score of photos has two, or as many more as the difference takes; a number of the
        script's own has as many as the significant digits of the gain take.
        """
        if self.metric or abs(gain) >= LARGE:
            return _decimals(gain, OF_A_GAIN + (abs(gain) >= 1))
        return 2 if abs(gain) >= 0.02 else _three_or_more(gain)  # noqa: PLR2004

    def number(self, score: float, decimals: int | None = None) -> str:
        """The number that a score stands for as text: `0.612`, `13.600`."""
        value = self.value(score)
        if decimals is None:
            decimals = _decimals(value, OF_A_SCORE) if self.metric else _three_or_more(value)
        return fixed(value, decimals)

    def told(self, score: float) -> str:
        """A score with the name of its number: `score 0.612`, `psnr 13.600`."""
        return f"{self.name} {self.number(score)}"

    def change(self, before: float, after: float, gain: float) -> str:
        """Two scores: `score 1.41 -> 1.22`, `psnr 13.60 -> 14.20`."""
        digits = self.decimals(gain)
        return f"{self.name} {self.number(before, digits)} -> {self.number(after, digits)}"

    def signed(self, gain: float) -> str:
        """A gain with its sign, positive where it is better: `+0.123`."""
        shown = fixed(gain, self.decimals(gain) if self.metric else _three_or_more(gain))
        return shown if shown.startswith("-") else f"+{shown}"

    def amount(self, size: float) -> str:
        """A difference or a noise, which has no direction: `0.004`, `0.12 psnr`."""
        if not self.metric:
            return fixed(size, _three_or_more(size))
        return f"{fixed(size, _decimals(size, OF_A_GAIN))} {self.metric}"


SCORE = ScoreUnit()
"""The score of photos, and of a function that returns scores."""


def fixed(value: float, digits: int) -> str:
    """A number with so many decimals, never `-0.00`; a large one as `3.3823e+13`.

    Args:
        digits: Below 0 it counts digits before the point, which are dropped from a large number.
    """
    if isfinite(value) and abs(value) >= LARGE:
        return f"{value:.{min(MOST_DIGITS, max(0, _magnitude(value) + digits))}e}"
    decimals = max(0, digits)
    # Adding 0.0 turns -0.0 into 0.0.
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def _three_or_more(value: float) -> int:
    """Three decimals, or as many as the first digit of a smaller value takes."""
    return _decimals(value, OF_A_SCORE) if abs(value) >= LARGE else max(3, _decimals(value, 1))


def _decimals(value: float, digits: int) -> int:
    """How many decimals show so many significant digits of a value."""
    if abs(value) < LEAST or not isfinite(value):
        return 3
    return min(MOST_DECIMALS, digits - 1 - _magnitude(value))


def _magnitude(value: float) -> int:
    """The power of ten of the first digit."""
    return floor(log10(abs(value)))
