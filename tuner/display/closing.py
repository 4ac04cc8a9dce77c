"""The last lines of a run: the whole session, the claim, and the effect of each weight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tuner.display.progress_view import ProgressView
from tuner.display.sentences import StatusLine, describe_sides
from tuner.journal.history import StudyPart
from tuner.reporting.answer import describe_effect, describe_shares
from tuner.reporting.claim import describe_claim, describe_next_step
from tuner.reporting.outcome import describe_diagnosis
from tuner.reporting.ranking import find_ranking
from tuner.reporting.remedy import Ended
from tuner.reporting.session import session
from tuner.reporting.story import describe_rival, describe_weights
from tuner.results import TrialResult, WeightEffect
from tuner.results.events import StudyFinished
from tuner.results.score_unit import SCORE, ScoreUnit


def closing(finished: StudyFinished, progress: ProgressView) -> list[StatusLine]:
    """The whole session in the guide's form, then the claim and the weights."""
    start, unit = progress.plan.weights, progress.unit
    if progress.plan.challenger is not None:
        return _compared(finished, progress)
    part = replace(progress.present_part, finished=finished)
    ladder = session_lines(progress.symptom, start, *progress.parts, part, unit=unit)
    confirmed = finished.confirmation is not None and finished.confirmation.verdict == "better"
    claim = StatusLine(describe_claim(finished, start, unit), "good" if confirmed else "loud")
    best = StatusLine(f"Best weights: {describe_weights(finished.best_weights)}")
    rivals = [StatusLine(describe_rival(rival, unit)) for rival in finished.rivals]
    warnings = [StatusLine(warning, "bad") for warning in finished.warnings]
    plan = progress.plan
    results = finished.asked_for(progress.results.values())
    told = describe_diagnosis(
        results,
        start,
        finished.best_weights,
        plan.study,
        plan.roles,
        progress.found_by,
        _ended(finished, progress),
        progress.symptom,
    )
    diagnosis = [StatusLine(told.sentence)] if told.sentence else []
    effects = effect_lines(finished.effects)
    ranked = ranking_lines(results)
    claims = [claim, *_next_step(finished, progress)]
    beside = [*effects, *diagnosis, *rivals, *ranked]
    return [*ladder, StatusLine(""), *claims, *beside, best, *_ahead(finished, progress), *warnings]


def _ahead(finished: StudyFinished, progress: ProgressView) -> list[StatusLine]:
    """How many trials took cores that would have idled, and how many of these were used."""
    ahead = sum(result.trial.ahead for result in progress.results.values())
    if not ahead:
        return []
    trials = f"{ahead} trial{'s' if ahead > 1 else ''}"
    used = ahead - len(finished.not_needed)
    return [StatusLine(f"Trained ahead on cores that would have idled: {trials}, {used} used")]


def _ended(finished: StudyFinished, progress: ProgressView) -> Ended | None:
    """The study as it ended; None where it was not heard how it began."""
    if not progress.spec:
        return None
    stages = [stage for _, stage in sorted(progress.stages.items())]
    summary = progress.facts.get("photo summary", "")
    results = finished.asked_for(progress.results.values())
    return Ended(results, stages, finished.best_weights, progress.spec, summary, progress.found_by)


def _compared(finished: StudyFinished, progress: ProgressView) -> list[StatusLine]:
    """Two sets of weights, and what can be said about their difference."""
    sides = [StatusLine(line) for line in describe_sides(progress.plan)]
    better = finished.confirmation is not None and finished.confirmation.verdict == "better"
    told = describe_claim(finished, progress.plan.weights, progress.unit)
    claim = StatusLine(told, "good" if better else "loud")
    return [*sides, StatusLine(""), claim, *_next_step(finished, progress)]


def _next_step(finished: StudyFinished, progress: ProgressView) -> list[StatusLine]:
    told = describe_next_step(finished, progress.plan.study, progress.found_by)
    return [StatusLine(told)] if told else []


def session_lines(
    symptom: str, start: Mapping[str, float], *parts: StudyPart, unit: ScoreUnit = SCORE
) -> list[StatusLine]:
    """The session in the form of the guide's example: the start, then a line for each step."""
    first, *steps = session(symptom, start, *parts, unit=unit)
    return [
        StatusLine(first.text),
        *(StatusLine(step.text, "good" if step.moved else "heading") for step in steps),
    ]


def effect_lines(effects: Sequence[WeightEffect]) -> list[StatusLine]:
    """The effect of each weight, one line each, and why shares of the gain exceed it."""
    lines = [describe_effect(effect) for effect in effects]
    return [StatusLine(line) for line in (*lines, describe_shares(effects)) if line]


def ranking_lines(results: Iterable[TrialResult]) -> list[StatusLine]:
    """How the ranking on the way agrees with the end; marked where it tells nothing."""
    ranking = find_ranking(results)
    if ranking is None:
        return []
    return [StatusLine(ranking.sentence, "bad" if ranking.contradicts else "usual")]
