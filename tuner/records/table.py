"""Stages and trials as tables and plain records, for people's scripts."""

from __future__ import annotations

from typing import Any

from tuner.records.history import StudyHistory
from tuner.records.story import tell_stage
from tuner.results import row


def status_record(history: StudyHistory) -> dict[str, Any]:
    """Where a study stands."""
    finished = history.finished
    return {
        "study": history.study,
        "state": "finished" if finished else "running" if history.running else "unfinished",
        "trials_finished": len(history.results),
        "trials_running": sorted(history.running),
        "trials_most": history.opened.trials_most,
        "stages_judged": len(history.stages),
        "incumbent": dict(history.incumbent),
        "noise": finished.noise.model_dump() if finished and finished.noise else None,
        "confirmation": (
            finished.confirmation.model_dump() if finished and finished.confirmation else None
        ),
        "best_weights": dict(finished.best_weights) if finished else None,
    }


def trials_record(history: StudyHistory) -> dict[str, Any]:
    """Stages with their verdicts, and every trial."""
    return {
        "study": history.study,
        "stages": [
            {**stage.model_dump(mode="json"), "told": tell_stage(stage)} for stage in history.stages
        ],
        "trials": [row(result) for _, result in sorted(history.results.items())],
    }


def trials_csv(history: StudyHistory) -> str:
    """Every trial as a line of CSV, weights and measures as columns."""
    import pandas

    rows = [row(result) for _, result in sorted(history.results.items())]
    text: str = pandas.DataFrame(rows).to_csv(index=False)
    return text
