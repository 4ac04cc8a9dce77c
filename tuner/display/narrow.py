"""What the table of a study leaves out on a narrow terminal, and where it can be seen."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from tuner.journal.history import StudyHistory
from tuner.wording import joined

ROOMY = 90
"""From this width on, a table has all its columns."""

TIGHT = 60
"""Below this width a table has fewer columns, and smaller gaps."""


def describe_hidden_columns(history: StudyHistory, width: int, found_by: Sequence[str] = ()) -> str:
    """Which columns of a study's table are left out at a width; empty where none is.

    For example `Left out at 80 columns: intervals of gains and reasons; shown from 90 columns on,
    and by tuner show --study S --json`

    Args:
        width: Of the terminal, in columns.
        found_by: Options with which a command finds the study, such as `--directory runs`.
    """
    lacking = [*_lacking(history, width)]
    if not lacking:
        return ""
    command = shlex.join(["tuner", "show", "--study", history.study, "--json", *found_by])
    return (
        f"Left out at {width} columns: {joined(lacking, 'and')}; shown from {ROOMY} columns on, "
        f"and by {command}"
    )


def guarded_numbers(history: StudyHistory) -> list[str]:
    """The numbers that have a guardrail, by name."""
    return [*(history.spec.get("guardrails", {}).get("metrics") or {})]


def _lacking(history: StudyHistory, width: int) -> Iterator[str]:
    if width >= ROOMY:
        return
    combined = history.combination is not None and history.combination.comparison is not None
    if history.stages or combined:
        yield "intervals of gains" if width >= TIGHT else "numbers and gains of steps"
        yield "reasons of steps"
    if width < TIGHT:
        yield from guarded_numbers(history)
    if any(result.reason or result.warnings for result in history.results.values()):
        yield "remarks on trials"
