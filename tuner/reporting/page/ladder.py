"""The session as a ladder: the score before and after each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from tuner.journal.history import StudyHistory
from tuner.reporting.answer import (
    simplification_sentence,
    simplification_step,
    simplification_title,
)
from tuner.reporting.story import plain
from tuner.results import Comparison, StageResult, Verdict
from tuner.results.score_unit import ScoreUnit


@dataclass(frozen=True)
class Rung:
    """One step of the session.

    Attributes:
        label: The change, such as `Step 2: ab_weight 2.0 → 4.0`.
        before: The score before the step; None for the start.
        after: The score of the tried weights.
        low: Lower end of the interval of `after`; None where it is not known.
        high: Upper end.
        confidence: Coverage of that interval; None where there is none.
        verdict: The verdict of the comparison; None for the start.
        taken: Whether the study went on with the tried weights.
        seeds: Scores of single trainings; only for the start.
    """

    label: str
    before: float | None
    after: float
    low: float | None = None
    high: float | None = None
    confidence: float | None = None
    verdict: Verdict | None = None
    taken: bool = True
    seeds: tuple[float, ...] = ()

    @property
    def reached(self) -> float:
        """The score of the weights that the study went on with."""
        return self.after if self.taken or self.before is None else self.before

    def shown_in(self, unit: ScoreUnit) -> Rung:
        """The same step in the numbers that its scores stand for."""
        low, high = self.low, self.high
        if low is not None and high is not None:
            low, high = unit.ascending(low, high)
        return replace(
            self,
            before=None if self.before is None else unit.value(self.before),
            after=unit.value(self.after),
            low=low,
            high=high,
            seeds=tuple(map(unit.value, self.seeds)),
        )


def rungs_of(history: StudyHistory) -> tuple[Rung, ...]:
    """The rungs: start weights, stages, combination, fewest changes, confirmation.

    Stages in which nothing could be compared have no rung.
    """
    stages = [_rung_of(stage, stage.comparison) for stage in history.stages if stage.comparison]
    rungs = [*_start(history), *stages, *_combination(history)]
    return (*rungs, *_simplification(history, rungs), *_confirmation(history))


def baseline_scores(history: StudyHistory) -> tuple[float, ...]:
    """Scores of the baseline."""
    return tuple(
        result.score
        for _, result in sorted(history.results.items())
        if result.trial.role == "baseline" and result.score is not None
    )


def _start(history: StudyHistory) -> list[Rung]:
    scores = baseline_scores(history)
    if not scores:
        return []
    count = f"{len(scores)} seed{'s' if len(scores) != 1 else ''}"
    return [Rung(f"Start weights, {count}", None, fmean(scores), seeds=scores)]


def _rung_of(stage: StageResult, comparison: Comparison) -> Rung:
    tried = stage.chosen if stage.chosen != stage.start else stage.best_tried
    assert tried is not None, "what was compared was tried"
    moved = f"{stage.varied} {plain(stage.start)} → {plain(tried)}"
    taken = stage.chosen != stage.start
    label = f"Step {stage.number}: {moved}{'' if taken else ', not taken'}"
    return _compared(label, comparison, taken=taken)


def _combination(history: StudyHistory) -> list[Rung]:
    combination = history.combination
    if combination is None or combination.comparison is None:
        return []
    taken = dict(combination.chosen) != dict(combination.start)
    label = f"Step {combination.number}: combined{'' if taken else ', not taken'}"
    return [_compared(label, combination.comparison, taken=taken)]


def _simplification(history: StudyHistory, before: Sequence[Rung]) -> list[Rung]:
    """The rung of the last step before the claim; without an interval, as it has one seed.

    The rungs before are means of several seeds. So the gain on its seed is drawn from where they
    end: two scores of one seed beside them would show the effect of the seed, too.
    """
    found = history.finished.simplification if history.finished else None
    if found is None or found.comparison is None or not simplification_sentence(history):
        return []
    number = simplification_step(history.stages, history.combination)
    label = f"Step {number}: {simplification_title(found)}, one seed"
    one_seed = found.comparison
    reached = before[-1].reached if before else one_seed.before
    return [Rung(label, reached, reached - one_seed.gain, verdict=one_seed.verdict)]


def _confirmation(history: StudyHistory) -> list[Rung]:
    claim = history.finished.confirmation if history.finished else None
    if claim is None or not claim.seeds:
        return []
    count = f"{len(claim.seeds)} fresh seed{'s' if len(claim.seeds) != 1 else ''}"
    return [_compared(f"Confirmation, {count}", claim, taken=claim.verdict == "better")]


def _compared(label: str, comparison: Comparison, *, taken: bool) -> Rung:
    """The rung of a comparison; the interval of the gain is moved to the score after."""
    low, high = comparison.low, comparison.high
    return Rung(
        label=label,
        before=comparison.before,
        after=comparison.after,
        low=None if high is None else comparison.before - high,
        high=None if low is None else comparison.before - low,
        confidence=None if low is None else comparison.confidence,
        verdict=comparison.verdict,
        taken=taken,
    )
