"""Stages and trials as tables and plain records, for scripts."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from tuner.journal.history import StudyHistory
from tuner.reporting.answer import describe_effect, effects_of, simplification_sentence
from tuner.reporting.claim import describe_claim
from tuner.reporting.story import describe_combination, describe_stage
from tuner.results import Trial, TrialResult, row
from tuner.results.score_unit import ScoreUnit

COMPUTED = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that a spreadsheet takes for a formula."""


def status_record(history: StudyHistory) -> dict[str, Any]:
    """The state of a study.

    `incumbent` is the best set so far, at the end the one that was claimed. `best_weights` is what
    is exported: None before the end, and the start weights where no gain was confirmed.

    It does not say whether a process works on the study at this moment: trials of a killed process
    look the same as trials in training.
    """
    finished = history.finished
    return {
        "study": history.study,
        "objective": _objective(history.unit),
        "state": "finished" if finished else "unfinished",
        "trials_finished": len(history.results),
        "trials_begun": sorted(history.running),
        "trials_most": history.opened.trials_most,
        "stages_judged": len(history.stages),
        "incumbent": dict(finished.incumbent_weights if finished else history.incumbent),
        "noise": history.noise.model_dump() if history.noise else None,
        "advice": [one.model_dump(exclude={"event"}) for one in history.advice],
        "confirmation": (
            finished.confirmation.model_dump() if finished and finished.confirmation else None
        ),
        "best_weights": dict(finished.best_weights) if finished else None,
    }


def trials_record(history: StudyHistory) -> dict[str, Any]:
    """Stages with their verdicts, and all trials; numbers that are not finite become None."""
    return {
        "study": history.study,
        "objective": _objective(history.unit),
        "stages": [
            {**stage.model_dump(mode="json"), "told": describe_stage(stage, history.unit)}
            for stage in history.stages
        ],
        "combination": _combination(history),
        "claim": _claim(history),
        "simplification": _simplification(history),
        "effects": [
            {**effect.model_dump(mode="json"), "told": describe_effect(effect)}
            for effect in effects_of(history)
        ],
        "preferences": [
            one.model_dump(mode="json", exclude={"pairs"}) for one in history.preferences
        ],
        "trials": [_strict(row(result)) for _, result in sorted(history.results.items())],
    }


def _objective(unit: ScoreUnit) -> dict[str, Any]:
    """What every score of the record stands for: the script's number is `sign` times the score."""
    direction = "maximize" if unit.maximize else "minimize"
    return {"metric": unit.metric or None, "direction": direction, "sign": unit.sign}


def _combination(history: StudyHistory) -> dict[str, Any] | None:
    combination = history.combination
    if combination is None:
        return None
    return {
        **combination.model_dump(mode="json"),
        "told": describe_combination(combination, history.stages, history.unit),
    }


def _claim(history: StudyHistory) -> dict[str, Any] | None:
    finished = history.finished
    if finished is None:
        return None
    found = finished.confirmation.model_dump(mode="json") if finished.confirmation else {}
    start = history.start_weights
    ends = [part.finished for part in history.parts if part.finished]
    before = [describe_claim(end, start, history.unit) for end in ends]
    earlier = {"before_going_on": before} if before else {}
    return {**found, "told": describe_claim(finished, start, history.unit), **earlier}


def _simplification(history: StudyHistory) -> dict[str, Any] | None:
    found = history.finished.simplification if history.finished else None
    if found is None:
        return None
    return {**found.model_dump(mode="json"), "told": simplification_sentence(history)}


def trials_csv(history: StudyHistory) -> str:
    """All trials as CSV, with weights and measures as columns."""
    import pandas

    rows = [_as_cells(row(result)) for _, result in sorted(history.results.items())]
    # Without trials there is still a header, which programs need.
    table = pandas.DataFrame(rows) if rows else pandas.DataFrame(columns=_columns(history))
    text: str = table.to_csv(index=False)
    return text


def _as_cells(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with an apostrophe before a text that a spreadsheet would compute."""
    return {_as_text(name): _as_text(value) for name, value in fields.items()}


def _as_text(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(COMPUTED) else cell


def _columns(history: StudyHistory) -> list[str]:
    trial = Trial(weights=history.start_weights, seed=0, steps=0, role="baseline")
    return list(row(TrialResult(trial=trial, status="diverged", score=None)))


def _strict(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with None in place of NaN and infinities, which JSON does not have."""
    return {
        name: None if isinstance(value, float) and not isfinite(value) else value
        for name, value in fields.items()
    }
