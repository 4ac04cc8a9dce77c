"""The sentence on the long run of a few sets of weights."""

from __future__ import annotations

from collections.abc import Sequence

from tuner.reporting.story import describe_weights
from tuner.results import Finalist
from tuner.results.score_unit import SCORE, ScoreUnit
from tuner.wording import joined


def describe_finalists(found: Sequence[Finalist], unit: ScoreUnit = SCORE) -> str:
    """Which of them goes into the claim; empty where there was no choice.

    For example `Long run of 3 candidates, on seeds of their own: ab_weight=4.0 goes into the claim
    (scores 0.812; ab_weight=2.5 scores 0.855 and ab_weight=7.0 scores 0.840).`
    """
    if not found:
        return ""
    [winner], others = [one for one in found if one.chosen], [o for o in found if not o.chosen]
    named = joined([f"{_what(one, found)} {_score(one, unit)}" for one in others], "and")
    return (
        f"Long run of {len(found)} candidates, on seeds of their own: {_what(winner, found)} goes "
        f"into the claim ({_score(winner, unit)}; {named})."
    )


def _what(one: Finalist, found: Sequence[Finalist]) -> str:
    """The weights in which the candidates differ."""
    differ = {n for n, v in one.weights.items() if any(o.weights[n] != v for o in found)}
    return describe_weights({n: v for n, v in one.weights.items() if n in differ})


def _score(one: Finalist, unit: ScoreUnit) -> str:
    if one.score is None:
        return "failed on a seed"
    reached = unit.number(one.score)
    return f"reaches {unit.name} {reached}" if unit.metric else f"scores {reached}"
