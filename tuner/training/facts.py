"""Facts that must stay the same, or scores of a study cannot be compared; loads no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tuner.errors import StudyChanged

TRAINING, SCORING = "training network", "scoring network"
"""The facts that describe the two LPIPS networks; only the built-in loss needs the first."""

SCORE = "score"
"""The fact that tells the version of the score."""

OLDEST_SCORE = "version 1"
"""What studies were scored with before the version was recorded."""


def score_of(facts: Mapping[str, str]) -> str | None:
    """The version of the score that a study began with; None before its first training.

    A study that was submitted has facts, such as its photos, before anything is scored.
    """
    return facts.get(SCORE, OLDEST_SCORE if SCORING in facts else None)


def refuse_changes(
    study: str, before: Mapping[str, str], now: Mapping[str, str], must_stay: Sequence[str]
) -> None:
    """Refuses to go on with other facts than the study began with.

    Raises:
        StudyChanged: Names the first that changed, as it was and as it is.
    """
    for name in must_stay:
        old, new = score_of(before) if name == SCORE else before.get(name), now.get(name)
        if old is not None and old != new:
            raise StudyChanged(
                f"the {name} changed since '{study}' began ({old} -> {new}), so its scores could "
                "not be compared; put it back, or start afresh with --restart"
            )
