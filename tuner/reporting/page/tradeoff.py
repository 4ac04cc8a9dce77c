"""The trade-off in the score: distance to the photos in LPIPS against the gap in colorfulness."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tuner.journal.history import StudyHistory
from tuner.reporting.page.recommendation import recommended_weights
from tuner.reporting.verdicts import run_name

Kind = Literal["start", "best", "other", "rejected"]


@dataclass(frozen=True)
class Tradeoff:
    """One training, by two terms of its score; lower is better for both.

    Attributes:
        name: The name of the trial, such as `03 ab_weight=4.0`.
        gap: Mean of |ln((CF + 5) / (CF* + 5))| of pooled colorfulness; 0 for the photo itself.
        colorfulness: Colorfulness of the predictions (Hasler and Suesstrunk 2003).
    """

    name: str
    kind: Kind
    lpips: float
    gap: float
    colorfulness: float


def tradeoffs(history: StudyHistory) -> tuple[Tradeoff, ...]:
    """Every training that was measured on photos, in the order of its number."""
    start, best = history.start_weights, recommended_weights(history).weights
    found = []
    for _, result in sorted(history.results.items()):
        measures = result.measures
        if not {"lpips", "colorfulness_gap"} <= measures.keys():
            continue
        kind: Kind = "other"
        if result.status != "complete":
            kind = "rejected"
        elif result.trial.is_of(start):
            kind = "start"
        elif result.trial.is_of(best):
            kind = "best"
        found.append(
            Tradeoff(
                name=run_name(result.trial, start),
                kind=kind,
                lpips=measures["lpips"],
                gap=measures["colorfulness_gap"],
                colorfulness=measures.get("colorfulness", float("nan")),
            )
        )
    return tuple(found)


def pareto_front(points: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """The Pareto front: points that no other point beats in one number without losing in the other.

    Args:
        points: Pairs of numbers, lower is better in both.

    Returns:
        From the best in the first number to the best in the second, equal points once.
    """
    front: list[tuple[float, float]] = []
    for point in sorted(set(points)):
        if not front or point[1] < front[-1][1]:
            front.append(point)
    return tuple(front)
