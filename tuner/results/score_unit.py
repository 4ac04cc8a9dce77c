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
LEAST = 10.0**-MOST_DECIMALS
OF_A_GAIN, OF_A_SCORE = 2, 5
"""Significant digits of a script's own number; a gain of 1 or more has one more."""


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
        """How many decimals show a gain.

        The score of photos has two, or three where two would hide the difference; a number of the
        script's own has as many as the significant digits of the gain take.
        """
        if not self.metric:
            return 2 if abs(gain) >= 0.02 else 3  # noqa: PLR2004
        return _decimals(gain, OF_A_GAIN + (abs(gain) >= 1))

    def number(self, score: float, decimals: int | None = None) -> str:
        """The number that a score stands for as text: `0.612`, `13.600`."""
        value = self.value(score)
        if decimals is None:
            decimals = _decimals(value, OF_A_SCORE) if self.metric else 3
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
        return f"{gain:+.{self.decimals(gain) if self.metric else 3}f}"

    def amount(self, size: float) -> str:
        """A difference or a noise, which has no direction: `0.004`, `0.12 psnr`."""
        if not self.metric:
            return f"{size:.3f}"
        return f"{fixed(size, _decimals(size, OF_A_GAIN))} {self.metric}"


SCORE = ScoreUnit()
"""The score of photos, and of a function that returns scores."""


def fixed(value: float, digits: int) -> str:
    """A number with so many decimals, never `-0.00`."""
    # Adding 0.0 turns -0.0 into 0.0.
    return f"{round(value, digits) + 0.0:.{digits}f}"


def _decimals(value: float, digits: int) -> int:
    """How many decimals show so many significant digits of a value."""
    if abs(value) < LEAST or not isfinite(value):
        return 3
    return min(MOST_DECIMALS, max(0, digits - 1 - floor(log10(abs(value)))))
