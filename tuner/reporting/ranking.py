"""How well the ranking of trials on their way agrees with that at their end.

Pruned trials have no end and do not count, so the agreement of all trials would be higher.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from tuner.results import ON_THE_WAY, TrialResult
from tuner.results.statistics import CLAIM_CONFIDENCE, RankCorrelation, rank_correlation

FEWEST_TRIALS = 8
"""With fewer the interval reaches from nearly -1 to nearly 1."""


@dataclass(frozen=True)
class Ranking:
    """How the ranking on the way agrees with the end, in one or two sentences.

    Attributes:
        contradicts: Whether half-way tells nothing certain about the end.
    """

    sentence: str
    contradicts: bool


def find_ranking(results: Iterable[TrialResult]) -> Ranking | None:
    """How the ranking on the way agrees with the end, and a warning where half-way tells nothing.

    For example `Ranking on the way against the end, over 24 trials (Spearman, 95 % interval): 0.35
    (-0.07 to 0.66) at 1/8, 0.62 (0.28 to 0.82) at 1/4, 0.88 (0.74 to 0.95) at 1/2 of the steps.`
    None where fewer than eight trials were scored on their way.
    """
    trials = list(_as_long(results))
    found = {share: rank for share in ON_THE_WAY if (rank := _agreement(trials, share))}
    last = found.get(ON_THE_WAY[-1])
    if last is None:
        return None
    parts = ", ".join(f"{_told(rank)} at {Fraction(share)}" for share, rank in found.items())
    told = (
        f"Ranking on the way against the end, over {last.trials} trials (Spearman, "
        f"{CLAIM_CONFIDENCE * 100:g} % interval): {parts} of the steps."
    )
    if last.low > 0:
        return Ranking(told, contradicts=False)
    warned = (
        f"{told} Short trainings do not speak for long ones here: half of the steps say nothing "
        "certain about all, so train longer, or confirm with more steps (confirm: {steps})."
    )
    return Ranking(warned, contradicts=True)


def _as_long(results: Iterable[TrialResult]) -> Iterator[TrialResult]:
    """The study's own trials that have a score, as long as most of them are."""
    scored = [one for one in results if one.score is not None and not one.trial.rival]
    if scored:
        [(steps, _)] = Counter(one.trial.steps for one in scored).most_common(1)
        yield from (one for one in scored if one.trial.steps == steps)


def _agreement(trials: Iterable[TrialResult], share: float) -> RankCorrelation | None:
    pairs = [
        (evaluation.score, trial.score)
        for trial in trials
        for evaluation in trial.evaluations
        if evaluation.step == round(share * trial.trial.steps) and trial.score is not None
    ]
    if len(pairs) < FEWEST_TRIALS:
        return None
    early, late = zip(*pairs, strict=True)
    return rank_correlation(early, late, CLAIM_CONFIDENCE)


def _told(rank: RankCorrelation) -> str:
    return f"{rank.value:.2f} ({rank.low:.2f} to {rank.high:.2f})"
