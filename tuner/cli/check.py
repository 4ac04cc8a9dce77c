"""`tuner check`: prints each finding as soon as it is known, and the next command."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuner.cli.options import (
    AsJson,
    Directory,
    Photos,
    Price,
    Quick,
    Sets,
    Steps,
    Study,
    load,
    print_json,
    words,
)
from tuner.errors import StudyFileError

if TYPE_CHECKING:  # these load torch
    from tuner.checking.checklist import Note
    from tuner.checking.result import CheckResult
    from tuner.journal.workspace import Workspace
    from tuner.spec.study import StudySpec


def check(
    study: Study,
    photos: Photos = None,
    steps: Steps = None,
    quick: Quick = False,
    sets: Sets = None,
    directory: Directory = Path(),
    price: Price = 0.0,
    run_it: Annotated[
        bool, typer.Option("--run", help="Runs your own script briefly, to see what it obeys.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check what can be known before anything is spent on a study."""
    asked = (study, photos, steps, quick, sets)
    record = inspect_study(
        lambda: load(*asked),
        words(*asked, directory),
        directory.absolute(),
        price=price,
        as_json=as_json,
        run=run_it,
    )
    if as_json:
        print_json(record)
    if record["color"] == "red":
        sys.exit(1)


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
        load: Reads the study file; mistakes in it become findings.
        words: The options of this command, repeated in the next one (`tuner run ...`).
        price: Price of one hour; 0 leaves the price out.
        as_json: Prints nothing.
        run: Whether the user's script may be run.

    Returns:
        The record for `--json`; its `color` is the worst of all findings.

    Raises:
        TunerError: There is no such study, or its journal cannot be read.
    """
    from tuner.display.checking import check_record, open_page
    from tuner.journal.workspace import Workspace

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
    from tuner.checking.result import CheckResult

    try:
        spec = load()
    except StudyFileError as error:
        for mistake in error.mistakes:
            yield CheckResult("study", "red", mistake, "correct it; the rest is checked then")
        return
    from tuner.checking.checklist import check_study  # loads torch: a typo is told before

    yield from check_study(spec, workspace, note, price, run=run)
