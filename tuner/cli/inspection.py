"""One check at the terminal: findings as they come, and what follows from them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tuner.checking.checklist import Note, check_study
from tuner.checking.result import CheckResult
from tuner.display.checking import check_record, open_page
from tuner.errors import StudyFileError
from tuner.journal.workspace import Workspace
from tuner.spec.study import StudySpec


def inspect_study(
    load: Callable[[], StudySpec],
    words: Sequence[str],
    root: Path,
    *,
    price: float,
    as_json: bool,
    run: bool = False,
) -> dict[str, Any]:
    """Checks a study, and prints every finding as soon as it is known.

    Args:
        load: Reads the study file, whose mistakes are findings too.
        words: The options that name the study, for the next command.
        price: Of an hour; 0 where nobody asks.
        as_json: Prints nothing.
        run: Whether a script of somebody's own may be run.

    Returns:
        The record for scripts; its `color` is the worst one.

    Raises:
        TunerError: There is no such study, or its journal cannot be read.
    """
    with open_page(silent=as_json) as page:
        findings = []
        for finding in _all(load, Workspace(root), page.note, price, run):
            findings.append(finding)
            page.show(finding)
    if not as_json:
        page.conclude(findings, shlex.join(["tuner", "run", *words]))
    return check_record(findings)


def _all(
    load: Callable[[], StudySpec], workspace: Workspace, note: Note, price: float, run: bool
) -> Iterator[CheckResult]:
    try:
        yield from check_study(load(), workspace, note, price, run=run)
    except StudyFileError as error:
        for mistake in error.mistakes:
            yield CheckResult("study", "red", mistake, "correct it; the rest is checked then")
