"""Whether the surface through all trials contradicts the values that one stage tried.

The surface knows trials with other weights too, so along one weight it can pass beside all values
of the stage, or rise where they fall. Such a curve would only confuse.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

Curve = Sequence[tuple[float, float, float, float]]
"""Value, score, and lower and upper end of the score's interval, by ascending value."""


def contradicts(curve: Curve, means: Sequence[tuple[float, float]], start: float) -> bool:
    """Whether most values lie on one side outside the interval, or the slopes are opposite.

    Slopes are compared from the lowest to the highest value, and only where the mean at the end
    that is farther from the start lies outside the interval.

    Args:
        curve: The surface along the weight; at the start it has the start's mean.
        means: Mean score for each value, ascending.
        start: The value at the beginning of the stage.
    """
    tried = [(value, mean) for value, mean in means if value != start]
    if not curve or not tried:
        return False
    sides = [_side(curve, value, mean) for value, mean in tried]
    one_sided = max(sides.count(1), sides.count(-1))
    return (2 * one_sided > len(tried) and len(tried) > 1) or _slopes_against(curve, means, start)


def _slopes_against(curve: Curve, means: Sequence[tuple[float, float]], start: float) -> bool:
    (low, first), (high, last) = means[0], means[-1]
    end = (low, first) if start == high else (high, last)
    rises = _at(curve, high)[0] - _at(curve, low)[0]
    return rises * (last - first) < 0 and _side(curve, *end) != 0


def _side(curve: Curve, value: float, mean: float) -> int:
    """1 where a mean lies above the interval, -1 below, 0 within."""
    _, low, high = _at(curve, value)
    return (mean > high) - (mean < low)


def _at(curve: Curve, value: float) -> tuple[float, float, float]:
    """Score and interval at a value, between two points of the curve; its end beyond it."""
    place = bisect_left([point[0] for point in curve], value)
    if place == 0 or place == len(curve):
        _, score, low, high = curve[min(place, len(curve) - 1)]
        return score, low, high
    before, after = curve[place - 1], curve[place]
    part = (value - before[0]) / (after[0] - before[0])
    score, low, high = (a + part * (b - a) for a, b in zip(before[1:], after[1:], strict=True))
    return score, low, high
