"""When to stop asking: looks after 20 to 60 answers that are wrong no more often than is told."""

from __future__ import annotations

from collections.abc import Sequence

from tuner.preference.proportion import proportion_of
from tuner.results import Choice, JudgedPair, Preference, Proportion, Verdict
from tuner.results.statistics import CLAIM_CONFIDENCE
from tuner.search.error_spending import nominal_levels

FEWEST = 20
"""Answers before the first look."""

MOST = 60
"""Answers after which nothing more is asked."""

BETWEEN = 10
"""Answers from one look to the next."""

WORTH = {"best": 1.0, "same": 0.5, "start": 0.0}

EQUAL = 0.5
"""The share of a person who sees no difference."""


def planned_looks(most: int) -> tuple[int, ...]:
    """After how many answers it is decided whether to go on, the last of them at the end."""
    return (*range(FEWEST, most, BETWEEN), most)


def looks_until(answers: int, most: int) -> tuple[int, ...]:
    """The looks of a person who ends after so many answers; the end is a look, too.

    Pairs are blind, so the end is not chosen because of what is true, and may be at any time.
    """
    return (*(look for look in planned_looks(most) if look < answers), answers)


def preference_of(
    pairs: Sequence[JudgedPair], order: int, looks: Sequence[int], *, last: bool
) -> Preference:
    """What follows from the answers.

    Args:
        pairs: At least one answer.
        order: The seed of the order of pairs.
        looks: After how many answers it was looked at, ascending, this time included.
        last: Whether nothing more is asked, whatever the answers say.
    """
    photos = [pair.photo for pair in pairs]
    confidence = 1 - level_of_the_look(looks, last=last)
    share = proportion_of([WORTH[pair.choice] for pair in pairs], photos, confidence)
    return Preference(
        order=order,
        pairs=tuple(pairs),
        share=share,
        looks=tuple(looks),
        verdict=_verdict(share),
        agreement=_agreement(pairs),
    )


def level_of_the_look(looks: Sequence[int], *, last: bool) -> float:
    """The error that the latest look may make, so that all of them together keep that of a claim.

    The error is spent in proportion to the answers, and the last look spends what is left. The
    boundaries are those of independent answers; answers on one photo are alike, looks are then
    more alike too, and err more seldom.
    """
    error = 1 - CLAIM_CONFIDENCE
    spent = [error * min(1.0, look / MOST) for look in looks]
    spent[-1] = error if last else spent[-1]
    return nominal_levels(tuple(looks), tuple(spent))[-1]


def is_decided(preference: Preference) -> bool:
    """Whether the answers show a preference, so that no more are needed."""
    return preference.verdict != "no difference"


def _verdict(share: Proportion) -> Verdict:
    if share.low > EQUAL:
        return "better"
    return "worse" if share.high < EQUAL else "no difference"


def _agreement(pairs: Sequence[JudgedPair]) -> Proportion | None:
    """How often the score orders pictures as the person does; equal scores agree by one half."""
    told = [(pair, pair.gain) for pair in pairs if pair.choice != "same"]
    scored = [(pair, gain) for pair, gain in told if gain is not None]
    if not scored:
        return None
    values = [_agrees(pair.choice, gain) for pair, gain in scored]
    return proportion_of(values, [pair.photo for pair, _ in scored], CLAIM_CONFIDENCE)


def _agrees(choice: Choice, gain: float) -> float:
    return EQUAL if gain == 0 else float((gain > 0) == (choice == "best"))
