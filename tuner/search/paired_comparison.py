"""Compares a challenger with the incumbent on equal seeds.

After the first seed it stops where more seeds are useless: where the challenger is worse, or where
even an optimistic gain is smaller than the noise. Both rules only turn
a `better` into a `no difference`, so they cannot raise the rate of false gains (a non-binding
stop for futility; Jennison and Turnbull, *Group Sequential Methods*, 2000, chapter 10).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from tuner.results import Comparison, TrialResult
from tuner.results.score_unit import SCORE
from tuner.results.statistics import STAGE_CONFIDENCE, compare, scores_by_seed, visible_gain
from tuner.search.context import SearchContext, TrialFactory, reliable
from tuner.search.guardrails import with_guardrails
from tuner.search.surface import points_of

Candidate = TypeVar("Candidate")

HOPE = 1.645
"""Standard deviations added to the expected gain; the true gain is larger in 1 of 20 cases."""


@dataclass(frozen=True)
class ComparisonOutcome:
    """The outcome of a comparison.

    Attributes:
        comparison: None where no seed has a score of both.
        note: Why it stopped early; empty where it did not.
        before: Results of the incumbent.
        after: Results of the challenger.
    """

    comparison: Comparison | None
    note: str
    before: tuple[TrialResult, ...]
    after: tuple[TrialResult, ...]


def judge_best(
    best: Callable[[], Candidate | None], judge: Callable[[Candidate], ComparisonOutcome]
) -> tuple[Candidate, ComparisonOutcome] | tuple[None, None]:
    """Judges the most promising one; the next one where more seeds show a broken guardrail.

    Args:
        best: The most promising one by now, without those that break a guardrail.
        judge: Compares one with the incumbent.

    Returns:
        The one judged last and its comparison; None of both where there is none.
    """
    judged = best()
    if judged is None:
        return None, None
    while True:
        outcome = judge(judged)
        following = best()
        if outcome.comparison is None or not outcome.comparison.breaks or following is None:
            return judged, outcome
        judged = following


class PairedComparison:
    """A comparison of two sets of weights.

    Args:
        incumbent: The weights before.
        challenger: The weights that may replace them.
    """

    def __init__(
        self,
        incumbent: Mapping[str, float],
        challenger: Mapping[str, float],
        context: SearchContext,
        factory: TrialFactory,
    ) -> None:
        self._pair = (incumbent, challenger)
        self._context = context
        self._factory = factory
        self._before: list[TrialResult] = []
        self._after: list[TrialResult] = []

    def run(self) -> ComparisonOutcome:
        """Trains both on the deciding seeds, unless the first one decides."""
        first, *others = self._context.plan.decide_seeds
        self._train([first])
        glance = self._compare()
        note = ""
        if glance is None or glance.verdict != "worse":
            note = self._hopeless() if others else ""
            if not note:
                self._train(others)
                glance = self._compare()
        return ComparisonOutcome(glance, note, tuple(self._before), tuple(self._after))

    def _train(self, seeds: list[int]) -> None:
        groups = [[self._factory.trial(w, seed, "repeat") for w in self._pair] for seed in seeds]
        for result, which in zip(
            self._context.train(groups), [self._before, self._after] * len(seeds), strict=False
        ):
            which.append(result)

    def _compare(self) -> Comparison | None:
        before = scores_by_seed(self._before, rejected=True)
        after = scores_by_seed(self._after)
        if not before.keys() & after.keys():
            return None
        noise = self._context.noise(*self._pair) if reliable(self._after) else None
        found = compare(before, after, noise, STAGE_CONFIDENCE)
        return with_guardrails(found, self._context.broken(self._pair[1]))

    def _hopeless(self) -> str:
        """Why more seeds cannot make the challenger better; empty where they can."""
        surface, noise = self._context.surface(), self._context.noise(*self._pair)
        if surface is None or noise is None:
            return ""
        seeds = len(self._context.plan.decide_seeds)
        here, there = points_of(self._pair, self._context.scale)
        gains = surface.gains(there[None], here)
        hope = float(gains.mean[0] + HOPE * gains.sd[0])
        visible = visible_gain(noise, seeds, STAGE_CONFIDENCE)
        if hope >= visible:
            return ""
        hoped = f"at best a gain of {SCORE.amount(hope)}" if hope > 0 else "no gain"
        return (
            f"{hoped} can be hoped for, and on {seeds} seeds the noise hides less than "
            f"{SCORE.amount(visible)}"
        )
