"""Sentences on the steps of a study in the style of the tuning guide; all outputs share them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tuner.guide.weightings import UNSEARCHED
from tuner.reporting.guardrails import describe_against, describe_broken
from tuner.results import CombinationResult, Comparison, RivalResult, StageResult
from tuner.results.score_unit import SCORE, ScoreUnit, fixed

ROUNDING = 1e-9
"""Part of a score below which a difference is arithmetic."""


def plain(value: float) -> str:
    """A number without rounding errors: `4.0`, `0.3`, never `0.30000000000000004`."""
    return repr(float(f"{value:.10g}"))


def describe_weights(weights: Mapping[str, float]) -> str:
    """Weights on one line: `perceptual_weight=1.0, l_weight=1.0`."""
    return ", ".join(f"{name}={plain(value)}" for name, value in weights.items())


def describe_start(symptom: str, weights: Mapping[str, float]) -> str:
    """The first line of a session: `Initial (purple/sepia tones): perceptual_weight=1.0, ...`."""
    return f"Initial{f' ({symptom})' if symptom else ''}: {describe_weights(weights)}"


def describe_stage(stage: StageResult, unit: ScoreUnit = SCORE) -> str:
    """One step of the session.

    For example `Step 2 - Emphasize chrominance: ab_weight 2.0 -> 4.0, score 1.41 -> 1.22, better`.
    """
    because = describe_reason(stage)
    head = f"Step {stage.number} - {f'{because}: ' if because else ''}{stage.varied}"
    comparison = stage.comparison
    if comparison is not None and stage.chosen != stage.start:
        change = f"{plain(stage.start)} -> {plain(stage.chosen)}"
        broken = f" ({told})" if (told := describe_broken(stage)) else ""
        return f"{head} {change}, {describe_scores(comparison, unit)}, {comparison.verdict}{broken}"
    return f"{head} stays {plain(stage.start)} ({_why_it_stays(stage, unit)})"


def describe_reason(stage: StageResult) -> str:
    """The guide's reason of a stage, and whether the opposite of it helped."""
    helped = stage.opposite and stage.chosen != stage.start
    if helped and stage.because:
        return f"{stage.because} (the opposite helped)"
    return stage.because


def describe_combination(
    combination: CombinationResult,
    stages: Iterable[StageResult] = (),
    unit: ScoreUnit = SCORE,
) -> str:
    """The step that moves several weights at once.

    Args:
        combination: The result of the step.
        stages: Those before it; where one of them found a value worse that is moved to now, the
            sentence says why.
        unit: What the scores stand for.

    For example `Step 5 - Combine: ab_weight 4.0 -> 4.6, l_weight 0.3 -> 0.21, score 0.85 -> 0.81,
    better`.
    """
    head = f"Step {combination.number} - Combine"
    best, comparison = combination.best_tried, combination.comparison
    if best is None or comparison is None:
        return f"{head}: nothing more promising was found"
    scores, verdict = describe_scores(comparison, unit), _verdict(comparison)
    if dict(combination.chosen) == dict(combination.start):
        moved = describe_weights(_moved(combination.start, best))
        return f"{head}: stays ({moved} tried: {scores}, {verdict}{_noted(combination.note)})"
    changes = (
        f"{name} {plain(combination.start[name])} -> {plain(value)}"
        for name, value in _moved(combination.start, best).items()
    )
    open_question = "not significant yet; tested next on new seeds"
    outcome = verdict if verdict == "better" else open_question
    told = f"{head}: {', '.join(changes)}, {scores}, {outcome}"
    return "; ".join([told, *_overridden(combination, stages)])


def _overridden(combination: CombinationResult, stages: Iterable[StageResult]) -> Iterator[str]:
    """Why weights are moved to where a stage has found them worse."""
    for stage in stages:
        value, tried = combination.chosen[stage.varied], stage.best_tried
        if tried is None or stage.comparison is None or stage.comparison.verdict != "worse":
            continue
        if (value - stage.start) * (tried - stage.start) > 0:
            yield (
                f"step {stage.number} found {stage.varied} {plain(tried)} worse, but moved it "
                "alone; all trials together expect a gain where the other weights move too"
            )


def describe_rival(rival: RivalResult, unit: ScoreUnit = SCORE) -> str:
    """The result of a preset or of another weighting, against the start weights and the best ones.

    For example `Instead, preset balanced: score 1.41 -> 1.38, gain 0.03 (95 % interval ...), no
    difference; worse than the best weights`.
    """
    name = UNSEARCHED.get(rival.name, f"preset {rival.name}")
    if rival.comparison is None:
        return f"Instead, {name}: no {unit.name}"
    comparison = rival.comparison
    measured = f"{describe_scores(comparison, unit)}, {describe_gain(comparison, unit)}"
    return f"Instead, {name}: {measured}, {comparison.verdict}{_beside_the_best(rival, unit)}"


def _beside_the_best(rival: RivalResult, unit: ScoreUnit) -> str:
    against = rival.against_best
    if against is None:
        return ""
    if against.verdict == "no difference":
        return "; no difference to the best weights"
    gain = f", {describe_gain(against, unit)}" if against.verdict == "better" else ""
    return f"; {against.verdict} than the best weights{gain}"


def describe_gain(comparison: Comparison, unit: ScoreUnit = SCORE) -> str:
    """A gain with its interval: `gain 0.23 (95 % interval 0.15 to 0.31)`."""
    digits = unit.decimals(comparison.gain)
    gain = f"gain {fixed(comparison.gain, digits)}"
    if comparison.low is None or comparison.high is None:
        return f"{gain} (interval unknown)"
    interval = f"{fixed(comparison.low, digits)} to {fixed(comparison.high, digits)}"
    return f"{gain} ({comparison.confidence * 100:g} % interval {interval})"


def _why_it_stays(stage: StageResult, unit: ScoreUnit) -> str:
    if stage.best_tried is None:
        others = "every other value left early, was rejected or diverged"
        return describe_broken(stage) or others
    if stage.comparison is None:
        return f"{plain(stage.best_tried)} could not be compared"
    scores, verdict = describe_scores(stage.comparison, unit), _verdict(stage.comparison)
    tried = f"{plain(stage.best_tried)} tried: {scores}, {verdict}"
    broken = describe_broken(stage) if stage.comparison.verdict != "guardrail" else ""
    return f"{tried}{_noted(stage.note)}{_noted(_nothing_visible(stage))}{_noted(broken)}"


def _nothing_visible(stage: StageResult) -> str:
    """The sentence on a weight without any visible effect; empty for others."""
    if stage.visible_from is None:
        return ""
    lowest, highest = (plain(stage.tried[end][0]) for end in (0, -1))
    largest = max(abs(score) for _, score in stage.tried if score is not None)
    if stage.visible_from <= ROUNDING * largest:
        return f"no effect at all from {lowest} to {highest}"
    return (
        f"no visible effect from {lowest} to {highest}, where one of {stage.visible_from:.2g} "
        "would be seen"
    )


def _verdict(comparison: Comparison) -> str:
    """The verdict, with the guardrail that stands against it."""
    return describe_against(comparison) or comparison.verdict


def _noted(note: str) -> str:
    return f"; {note}" if note else ""


def _moved(start: Mapping[str, float], weights: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in weights.items() if value != start[name]}


def describe_scores(comparison: Comparison, unit: ScoreUnit = SCORE) -> str:
    """Both scores: `score 1.41 -> 1.22`."""
    return unit.change(comparison.before, comparison.after, comparison.gain)
