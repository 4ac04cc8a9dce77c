"""The table of weights: values before and after, equally good values, and shares of the gain."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.journal.history import StudyHistory
from tuner.reporting.answer import describe_limits, describe_range, describe_share, effects_of
from tuner.reporting.page.recommendation import recommended_weights
from tuner.reporting.story import plain
from tuner.results import WeightEffect


@dataclass(frozen=True)
class WeightRow:
    """One weight, before and after.

    Attributes:
        as_good: The values that are as good as the exported one; empty where it is not known.
        share: Its share of the gain with its interval; empty where it has none or it is not known.
        matters: Whether its value makes a difference, in a word; empty while it is not known.
        limits: What keeps it from other values, such as a guardrail; empty where nothing does.
    """

    name: str
    before: str
    after: str
    changed: bool
    as_good: str = ""
    share: str = ""
    matters: str = ""
    limits: str = ""


def weight_rows(history: StudyHistory) -> tuple[WeightRow, ...]:
    """Every weight, in the order of the study file."""
    after = recommended_weights(history).weights
    effects = {effect.name: effect for effect in effects_of(history)}
    return tuple(
        WeightRow(
            name,
            plain(value),
            plain(after[name]),
            value != after[name],
            *(_effect(effects.get(name)) if effects else ()),
        )
        for name, value in history.start_weights.items()
    )


def as_good_heading(history: StudyHistory) -> str:
    """The heading of the column of equally good values; empty where they are not known.

    They are as good as the exported weights: the start weights where nothing was confirmed.
    """
    finished = history.finished
    if finished is None or not finished.effects:
        return ""
    unconfirmed = dict(finished.best_weights) != dict(recommended_weights(history).weights)
    return "as good as the start" if unconfirmed else "as good"


def _effect(effect: WeightEffect | None) -> tuple[str, ...]:
    if effect is None:
        return "", "", "not varied"
    if not effect.compared:
        return "", "", "not known"
    share = describe_share(effect.share) if effect.share else ""
    matters = "yes" if effect.matters else "no"
    return describe_range(effect), share, matters, describe_limits(effect)
