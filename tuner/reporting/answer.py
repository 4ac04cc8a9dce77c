"""Sentences on the fewest changes, and on the effect of each weight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tuner.journal.history import StudyHistory
from tuner.reporting.guardrails import describe_broken_by, describe_refused
from tuner.reporting.story import plain
from tuner.results import (
    CombinationResult,
    Share,
    Simplification,
    StageResult,
    WeightEffect,
)

ALL = 0.995
"""The smallest share that is printed as the whole gain; it rounds to 100 %."""

NONE = 0.005

MUCH = 1.05
"""The share, of one weight or of all, from which on it is said why it exceeds the whole gain."""


def simplification_sentence(history: StudyHistory) -> str:
    """The sentence on the step that sets weights back; empty without such a step."""
    found = history.finished.simplification if history.finished else None
    return describe_simplification(found, simplification_step(history.stages, history.combination))


def effects_of(history: StudyHistory) -> tuple[WeightEffect, ...]:
    """The effect of each weight; empty before the study is finished."""
    return history.finished.effects if history.finished else ()


def simplification_step(
    stages: Sequence[StageResult], combination: CombinationResult | None
) -> int:
    """The number of the step that leaves as few changes as possible: the last one."""
    if combination is not None:
        return combination.number + 1
    return max((stage.number for stage in stages), default=0) + 1


def describe_simplification(simplification: Simplification | None, number: int) -> str:
    """The sentence on the last step before the claim; empty where it changed nothing.

    For example `Step 6 - Fewest changes: saturation_weight back to 0.1: what it carried could not
    be told from noise.` Where no weight goes back to its start: `Step 6 - Round numbers: ...`

    Args:
        simplification: The result of the step; None where no weight was moved before.
        number: The number of the step.
    """
    if simplification is None or not (
        parts := [*_set_back(simplification), *_refined(simplification)]
    ):
        return ""
    title = simplification_title(simplification).capitalize()
    return f"Step {number} - {title}: {'; '.join(parts)}."


def simplification_title(simplification: Simplification) -> str:
    """What the step does: `fewest changes` where a weight goes back to its start."""
    return "fewest changes" if simplification.set_back else "round numbers"


def describe_effect(effect: WeightEffect) -> str:
    """The effect of one weight, and which of its values are as good.

    For example `ab_weight 2.0 -> 4.0 (3 to 6 are as good; carries 80 % of the gain)`.
    """
    value = plain(effect.value)
    moved = effect.value != effect.start
    head = f"{plain(effect.start)} -> {value}" if moved else f"stays {value}"
    return f"{effect.name} {head} ({_worth(effect)})"


def describe_range(effect: WeightEffect) -> str:
    """Lowest and highest value that is as good: `3 to 6`.

    Where there is no other `only 7`, and `7` alone where guardrails refuse others.
    """
    low, high = effect.acceptable_range
    if low < high:
        return f"{_short(low)} to {_short(high)}"
    return _short(low) if _refusal(effect) else f"only {_short(low)}"


def describe_limits(effect: WeightEffect) -> str:
    """What keeps a weight from other values: guardrails, or that none beyond it was tried.

    For example `the largest tried, larger may be better`; empty where nothing does.
    """
    return "; ".join(filter(None, (_refusal(effect), _edge(effect))))


def describe_shares(effects: Sequence[WeightEffect], *, intervals: bool = False) -> str:
    """Why shares exceed 100 %, where they do, one of them or together; else empty.

    Args:
        intervals: Whether their intervals are shown beside it, which may exceed it, too.
    """
    shares = [effect.share for effect in effects if effect.share]
    highest = [max(0.0, share.value) for share in shares]
    ends = [share.high for share in shares] if intervals else []
    if sum(highest) <= MUCH and max([*highest, *ends], default=0.0) <= MUCH:
        return ""
    return (
        "Shares can exceed 100 % and need not add up to it: a share is what is lost where that "
        "weight alone goes back to its start, and weights interact."
    )


def describe_share(share: Share) -> str:
    """A share with its 95 % interval: `80 % (50 % to 100 %)`; without one where it is certain."""
    part, low, high = map(_percent, (share.value, share.low, share.high))
    return part if low == high else f"{part} ({low} to {high})"


def _set_back(simplification: Simplification) -> Iterator[str]:
    names = simplification.set_back
    if names:
        listed = ", ".join(f"{name} back to {plain(simplification.chosen[name])}" for name in names)
        they = "it" if len(names) == 1 else "they"
        yield f"{listed}: what {they} carried could not be told from noise"


def _refined(simplification: Simplification) -> Iterator[str]:
    start, chosen = simplification.start, simplification.chosen
    finer = [
        f"{name} {plain(start[name])} -> {plain(value)}"
        for name, value in chosen.items()
        if value != start[name] and name not in simplification.set_back
    ]
    if finer:
        yield f"{', '.join(finer)}: the optimum by all trials together, in round numbers"


def _worth(effect: WeightEffect) -> str:
    low, high = effect.tried
    if not effect.compared:
        return _refusal(effect) or "no other value could be compared"
    if not effect.matters:
        return f"does not matter between {plain(low)} and {plain(high)}"
    carried = f"; carries {_part(effect.share)} of the gain" if effect.share else ""
    edge = f"; {told}" if (told := _edge(effect)) else ""
    return f"{_as_good(effect)}{edge}{carried}"


def _as_good(effect: WeightEffect) -> str:
    low, high = effect.as_good
    refused = _refusal(effect)
    if low == high:
        return refused or "no other value is as good"
    return f"{describe_range(effect)} are as good{f'; {refused}' if refused else ''}"


def _edge(effect: WeightEffect) -> str:
    """Where the value lies at the end of all that were trained; empty elsewhere."""
    beyond = {"largest": "larger", "smallest": "smaller"}.get(effect.edge, "")
    return f"the {effect.edge} tried, {beyond} may be better" if beyond else ""


def _refusal(effect: WeightEffect) -> str:
    """The guardrails that better values break, or others where none is as good."""
    if refused := describe_refused([effect]):
        return f"better values break {refused}"
    low, high = effect.acceptable_range
    broken = describe_broken_by(effect) if low == high else ""
    return f"other values break {broken}" if broken else ""


def _part(share: Share) -> str:
    """The share of the gain; in words where it is none or all."""
    if share.value < NONE:
        return "none"
    part = "all" if share.value >= ALL else _percent(share.value)
    return part if share.low > 0 else f"{part}, perhaps none,"


def _percent(share: float) -> str:
    # Adding 0.0 turns -0.0 into 0.0.
    return f"{round(share * 100) + 0.0:.0f} %"


def _short(value: float) -> str:
    return plain(value).removesuffix(".0")
