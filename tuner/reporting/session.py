"""The session of a study: the start, then a line for each step, as in the guide's example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tuner.journal.history import StudyHistory, StudyPart
from tuner.reporting.answer import describe_simplification, simplification_step
from tuner.reporting.claim import describe_claim
from tuner.reporting.finalists import describe_finalists
from tuner.reporting.story import describe_combination, describe_stage, describe_start
from tuner.results.score_unit import SCORE, ScoreUnit


@dataclass(frozen=True)
class SessionStep:
    """One line of a session.

    Attributes:
        moved: Whether the step changed a weight.
    """

    text: str
    moved: bool


def session_of(history: StudyHistory) -> Iterator[SessionStep]:
    """The session of a study so far, its first line without a step."""
    parts = (*history.parts, history.present_part)
    symptom = str(history.spec.get("symptom", ""))
    first, *steps = session(symptom, history.start_weights, *parts, unit=history.unit)
    yield first
    if told := describe_warm_start(history.spec):
        yield SessionStep(told, moved=False)
    yield from steps


def describe_warm_start(spec: Mapping[str, Any]) -> str:
    """What the surface begins with, of another study; empty where it begins with nothing.

    Args:
        spec: The settings as recorded.
    """
    learned = spec.get("learned")
    if not learned:
        return ""
    return (
        f"The surface begins with {len(learned['results'])} trainings of '{learned['study']}': "
        "their scores have a level of their own and count as with twice their noise. They are no "
        "trials of this study, and its claim rests on none of them."
    )


def session(
    symptom: str, start: Mapping[str, float], *parts: StudyPart, unit: ScoreUnit = SCORE
) -> Iterator[SessionStep]:
    """The start, the steps of each part, and the claim of each that is not the last.

    Args:
        symptom: What the study treats; may be empty.
        start: The start weights.
        parts: The study as it ended each time before it went on, and as it is now.
        unit: What the scores stand for.
    """
    yield SessionStep(describe_start(symptom, start), moved=False)
    for part in parts:
        yield from _steps(part, unit)
        if part is not parts[-1] and part.finished is not None:
            claim = describe_claim(part.finished, start, unit)
            yield SessionStep(f"Claimed before the study went on: {claim}", moved=False)


def _steps(part: StudyPart, unit: ScoreUnit) -> Iterator[SessionStep]:
    ordered = sorted(part.stages, key=lambda stage: stage.number)
    for stage in ordered:
        yield SessionStep(describe_stage(stage, unit), stage.chosen != stage.start)
    combination, finished = part.combination, part.finished
    if combination is not None:
        moved = dict(combination.chosen) != dict(combination.start)
        yield SessionStep(describe_combination(combination, ordered, unit), moved)
    if finished is not None:
        number = simplification_step(ordered, combination)
        fewest = describe_simplification(finished.simplification, number)
        for text in (fewest, describe_finalists(finished.finalists, unit)):
            if text:
                yield SessionStep(text, moved=True)
