"""`tuner compare A B`: two sets of weights on equal seeds; the exit code is the answer."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tuner.cli.live_run import run_live, say_at_once
from tuner.cli.options import (
    Anyway,
    AsJson,
    Directory,
    Photos,
    Quick,
    Record,
    Restart,
    Sets,
    Steps,
    load,
    print_json,
)
from tuner.errors.exits import NO_DIFFERENCE, WORSE

if TYPE_CHECKING:
    from tuner.results import StudyResult
    from tuner.spec.study import StudySpec


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A file of weights, an exported file, "
                                         "'start', a preset, or a study.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    study: Annotated[
        str | None, typer.Option("--study", "-s", help="Says how both are trained.")
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=3, max=50, help="The most to spend.")] = 12,
    margin: Annotated[
        float | None, typer.Option("--margin", help="A difference that does not count.")
    ] = None,
    photos: Photos = None,
    steps: Steps = None,
    quick: Quick = False,
    sets: Sets = None,
    directory: Directory = Path(),
    restart: Restart = False,
    record: Record = True,
    anyway: Anyway = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Compare two sets of weights on equal seeds and photos.

    The exit code is the answer: 0 if B is better than A, 4 no difference, 5 worse.
    """
    say_at_once("tuner compare", sys.stderr if as_json else sys.stdout)
    from tuner.spec.comparison import compare_weights
    from tuner.spec.study_file import parse_assignments

    spec = compare_weights(
        first,
        second,
        lambda name: load(name, photos, steps, quick, sets),
        study=study,
        name=parse_assignments(sets or ()).get("study"),
        seeds=seeds,
        margin=margin,
    )
    how = {"restart": restart, "record": record, "anyway": anyway}
    found = compare_and_show(spec, directory.absolute(), quiet=as_json, **how)
    if as_json:
        print_json(_record(spec, found))
    sys.exit(exit_code(found))


def compare_and_show(
    spec: StudySpec, root: Path, *, quiet: bool, restart: bool, record: bool, anyway: bool
) -> StudyResult:
    """Trains both, and says what can be said about their difference.

    Args:
        quiet: Whether progress goes to standard error, since a program reads the other.
    """
    from tuner.journal.history_builder import find_history
    from tuner.journal.workspace import Workspace
    from tuner.runner.resume import as_recorded

    folder = Workspace(root).folder(spec.study)
    earlier = None if restart else find_history(folder, curves=False)
    how = {"restart": restart, "record": record, "anyway": anyway}
    stream = sys.stderr if quiet else sys.stdout
    finish = partial(_write_report, folder)
    return run_live(as_recorded(spec, earlier), root, earlier, stream, **how, finish=finish)


def exit_code(found: StudyResult) -> int:
    """0 where B is better than A, 5 where it is worse, else 4."""
    verdict = found.confirmation.verdict if found.confirmation else "no difference"
    return {"better": 0, "worse": WORSE}.get(verdict, NO_DIFFERENCE)


def _write_report(folder: Path) -> None:
    """The page to look at; nothing is exported, since nothing was searched."""
    from tuner.journal.history_builder import read_history
    from tuner.reporting.page.render import write_report

    write_report(folder, read_history(folder))


def _record(spec: StudySpec, found: StudyResult) -> dict[str, Any]:
    claim, challenger = found.confirmation, spec.challenger
    assert challenger is not None, "two sets of weights were compared"
    return {
        "study": spec.study,
        "a": {"name": challenger.against, "weights": dict(spec.weights)},
        "b": {"name": challenger.name, "weights": dict(challenger.weights)},
        "verdict": claim.verdict if claim else "no difference",
        "exit_code": exit_code(found),
        "margin": spec.confirm.margin,
        "comparison": claim.model_dump(mode="json") if claim else None,
    }
