"""The table of weights: before and after."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.journal.history import StudyHistory
from tuner.reporting.page.ranking import contender
from tuner.reporting.story import plain


@dataclass(frozen=True)
class WeightRow:
    """One weight, before and after."""

    name: str
    before: str
    after: str
    changed: bool


def weight_rows(history: StudyHistory) -> tuple[WeightRow, ...]:
    """Every weight, in the order of the study file."""
    after = contender(history).weights
    return tuple(
        WeightRow(name, plain(value), plain(after[name]), value != after[name])
        for name, value in history.start_weights.items()
    )
