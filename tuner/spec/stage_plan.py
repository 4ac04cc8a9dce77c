"""The values of one stage, computed from the best value so far."""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose

from tuner.spec.base import tidy
from tuner.spec.stage import StageSpec


@dataclass(frozen=True)
class StagePlan:
    """One weight, and how its values are computed from the best value so far.

    Attributes:
        number: Counted from 1.
        asked: The stage as in the study file.
        low: Lowest value the weight may take.
        high: Highest value.
    """

    number: int
    asked: StageSpec
    low: float
    high: float

    @property
    def varied(self) -> str:
        """Name of the weight."""
        return self.asked.vary

    def candidates(self, incumbent: float) -> tuple[float, ...]:
        """The values to try, ascending, without the value of the incumbent."""
        values = [incumbent * factor for factor in self.asked.times or ()] or self.asked.listed
        inside = {tidy(min(max(value, self.low), self.high)) for value in values}
        return tuple(value for value in sorted(inside) if not same(value, incumbent))

    def is_opposite(self, incumbent: float, value: float) -> bool:
        """Whether a value lies on the other side of the incumbent's than all that were asked."""
        asked = self.candidates(incumbent)
        if value > incumbent:
            return bool(asked) and max(asked) < incumbent
        return bool(asked) and value < incumbent < min(asked)

    def beyond(self, tried: tuple[float, ...], best: float) -> float | None:
        """The next value outwards where `best` is the lowest or highest tried value, else None."""
        ordered = sorted(tried)
        if not self.asked.extend or len(ordered) < 2:  # noqa: PLR2004 - an edge needs a neighbor
            return None
        if same(best, ordered[-1]):
            value = self._outwards(ordered[-2], ordered[-1])
        elif same(best, ordered[0]):
            value = self._outwards(ordered[1], ordered[0])
        else:
            return None
        # Three digits look like a value chosen by hand; a bound keeps all its digits.
        value = tidy(min(max(float(f"{value:.3g}"), self.low), self.high))
        return None if any(same(value, other) for other in tried) else value

    def _outwards(self, neighbor: float, edge: float) -> float:
        if self.asked.step is not None:
            beyond = edge + (self.asked.step if edge > neighbor else -self.asked.step)
            if beyond > 0:
                return beyond
        if min(neighbor, edge) <= 0:
            return edge * 2 if edge > neighbor else edge
        ratio = edge / neighbor
        return edge * (max(ratio, 1.5) if ratio > 1 else min(ratio, 1 / 1.5))


def same(first: float, second: float) -> bool:
    """Whether two values of a weight count as equal."""
    return isclose(first, second, rel_tol=1e-5, abs_tol=1e-9)
