"""The evidence in `best.yaml`: claims, steps and comparisons as plain numbers and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tuner.journal.history import StudyHistory
from tuner.reporting.answer import simplification_sentence
from tuner.reporting.claim import describe_claim
from tuner.reporting.guardrails import guardrail_entries
from tuner.reporting.story import describe_combination, describe_stage, plain
from tuner.results import (
    Comparison,
    OtherPhotos,
    Share,
    StageResult,
    WeightEffect,
)
from tuner.results.events import StudyFinished
from tuner.results.score_unit import ScoreUnit
from tuner.spec.base import tidy


def improvement_entry(history: StudyHistory, finished: StudyFinished) -> dict[str, Any]:
    """The claim of one end of a study, with its scores, seeds and intervals."""
    confirmation, unit = finished.confirmation, history.unit
    claim = {"claim": describe_claim(finished, history.start_weights, unit)}
    if confirmation is None or not confirmation.seeds:
        return {**claim, **_compared(None, unit), "seeds": []}
    beyond = _other_photos(confirmation.other_photos)
    looks = {"looks": list(confirmation.looks)} if len(confirmation.looks) > 1 else {}
    seeds = {"seeds": list(confirmation.seeds), **looks}
    checks = guardrail_entries(confirmation.guardrails)
    guarded = {"guardrails": checks} if checks else {}
    return {**claim, **_compared(confirmation, unit), **seeds, **guarded, **beyond}


def claims_entry(history: StudyHistory) -> dict[str, Any]:
    """What a study that went on has claimed each time, the last time included."""
    if not history.parts:
        return {}
    claims = [
        {"weights": rounded(end.incumbent_weights), **improvement_entry(history, end)}
        for end in history.endings
    ]
    return {"claims": claims}


def effects_entry(effects: Sequence[WeightEffect]) -> dict[str, Any]:
    """The effect of each weight; empty where no effect is known."""
    if not effects:
        return {}
    known: dict[str, Any] = {
        "ranges": {one.name: [_number(end) for end in one.acceptable_range] for one in effects},
        "matters": {one.name: one.matters for one in effects},
    }
    shares = {one.name: _share(one.share) for one in effects if one.share}
    return {**known, "shares": shares} if shares else known


def stage_entry(stage: StageResult, unit: ScoreUnit) -> dict[str, Any]:
    """One stage: what it moved, why, and how the two values compare."""
    return {
        "weight": stage.varied,
        "because": stage.because,
        "from": _number(stage.start),
        "to": _number(stage.chosen),
        "story": describe_stage(stage, unit),
        **_compared(stage.comparison, unit),
    }


def combination_entry(history: StudyHistory) -> dict[str, Any] | None:
    """The step that moved several weights at once; None without it."""
    combination = history.combination
    if combination is None:
        return None
    return {
        "from": rounded(combination.start),
        "to": rounded(combination.chosen),
        "story": describe_combination(combination, history.stages, history.unit),
        **_compared(combination.comparison, history.unit),
    }


def simplification_entry(history: StudyHistory, finished: StudyFinished) -> dict[str, Any]:
    """The weights that were set back or refined; empty without any."""
    story, found = simplification_sentence(history), finished.simplification
    if not story or found is None:
        return {}
    ends = {"from": rounded(found.start), "to": rounded(found.chosen)}
    return {"simplification": {**ends, "story": story}}


def rivals_entry(finished: StudyFinished, unit: ScoreUnit) -> dict[str, Any]:
    """The results of presets and other weightings; empty where none was compared."""
    rivals = [
        {
            "name": rival.name,
            **_compared(rival.comparison, unit),
            **({"against_best": _compared(rival.against_best, unit)} if rival.against_best else {}),
        }
        for rival in finished.rivals
    ]
    return {"compare": rivals} if rivals else {}


def rounded(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights with the digits that are printed of them."""
    return {name: float(plain(value)) for name, value in weights.items()}


def _other_photos(beyond: OtherPhotos | None) -> dict[str, Any]:
    """The interval that knows seeds and photos; no key where single photos have no score."""
    if beyond is None:
        return {}
    numbers = {
        "score_before": _number(beyond.before),
        "score_after": _number(beyond.after),
        "gain": _number(beyond.gain),
        "interval": [_number(beyond.low), _number(beyond.high)],
    }
    counts = {"photos": beyond.photos, "worse_on": beyond.worse_on, "vault": beyond.vault}
    return {"other_photos": {**numbers, **counts}}


def _compared(comparison: Comparison | None, unit: ScoreUnit) -> dict[str, Any]:
    """A comparison as a dict; all its keys are there without a comparison too.

    A number of the script's own has two keys more, in its own sign: `psnr_before`, `psnr_after`.
    """
    if comparison is None:
        names = ("score_before", "score_after", "gain", "interval", "confidence")
        own = (f"{unit.metric}_before", f"{unit.metric}_after") if unit.metric else ()
        return {"verdict": "no difference", **dict.fromkeys((*own, *names))}
    known = comparison.low is not None and comparison.high is not None
    return {
        "verdict": comparison.verdict,
        **_in_own_sign(comparison, unit),
        "score_before": _number(comparison.before),
        "score_after": _number(comparison.after),
        "gain": _number(comparison.gain),
        "interval": [_number(comparison.low), _number(comparison.high)] if known else None,
        "confidence": comparison.confidence,
    }


def _in_own_sign(comparison: Comparison, unit: ScoreUnit) -> dict[str, float | None]:
    if not unit.metric:
        return {}
    before, after = unit.value(comparison.before), unit.value(comparison.after)
    return {f"{unit.metric}_before": _number(before), f"{unit.metric}_after": _number(after)}


def _share(share: Share) -> dict[str, float | None]:
    ends = {"low": _number(share.low), "high": _number(share.high)}
    return {"share": _number(share.value), **ends}


def _number(value: float | None) -> float | None:
    """A number with six significant digits, which is more than any score's precision."""
    return None if value is None else tidy(value)
