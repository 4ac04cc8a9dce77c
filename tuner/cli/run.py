"""`tuner run`: trains a study on this machine, alone or with the workers of a shared storage."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuner.cli.live_run import introduce, run_live, say_at_once, writing_the_report
from tuner.cli.options import (
    STUDY,
    Anyway,
    Directory,
    Hours,
    Photos,
    Quick,
    Record,
    Restart,
    Sets,
    Share,
    Steps,
    Storage,
    as_here,
    folder_of,
    load,
)
from tuner.cli.sync import sync_with_mlflow
from tuner.errors import StorageError, TunerError
from tuner.journal.workspace import found_by

if TYPE_CHECKING:  # these load what only a run needs
    from tuner.journal.history import StudyHistory
    from tuner.results.progress import Say
    from tuner.spec.study import StudySpec


def run(
    study: Annotated[str | None, STUDY] = None,
    photos: Photos = None,
    steps: Steps = None,
    quick: Quick = False,
    hours: Hours = None,
    sets: Sets = None,
    directory: Directory = Path(),
    restart: Restart = False,
    record: Record = True,
    anyway: Anyway = False,
    storage: Storage = None,
    share: Share = None,
    confirm: Annotated[
        int | None,
        typer.Option("--confirm", min=1, max=100, help="Adds seeds to a finished study's claim."),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Repeats the study of a best.yaml, and compares the two."),
    ] = None,
) -> None:
    """Run a study, or go on with it: one weight at a time."""
    if study is None and source is None:
        raise TunerError("run: name the study: --study NAME (`tuner studies` lists them)")
    say_at_once(study or str(source), sys.stdout)
    how = {"restart": restart, "record": record, "anyway": anyway}
    if source is not None:
        if study or steps or quick or hours or sets or confirm:
            raise TunerError(
                "run: --from repeats a study as it was, so it does not go with options that name "
                "or change one (--photos says where the photos lie now)"
            )
        _repeat(source, photos, directory.absolute(), storage, share, **how)
        return
    assert study is not None, "it was asked for"
    asked = photos or steps or quick or hours or sets or confirm is None
    spec = load(study, photos, steps, quick, sets, hours) if asked else None
    if confirm is not None:
        from tuner.cli.more_seeds import with_more_seeds

        spec = with_more_seeds(folder_of(study, directory, storage), spec, confirm)
    assert spec is not None, "it was loaded, or recorded"
    _run_somewhere(spec, directory.absolute(), storage, share, **how)


def _repeat(
    source: Path,
    photos: str | None,
    root: Path,
    storage: str | None,
    share: str | None,
    **how: bool,
) -> None:
    """Runs the study of a `best.yaml` once more, and compares what came of it."""
    from tuner.cli.repeat import load_original
    from tuner.display.pages import say
    from tuner.journal.workspace import Workspace

    original = load_original(source, photos)
    _run_somewhere(original.spec, root, storage, share, **how)
    say(original.compared_with(Workspace(root).folder(original.spec.study)))


def _run_somewhere(
    spec: StudySpec, root: Path, storage: str | None, share: str | None, **how: bool
) -> None:
    """Runs a study here, or on a shared storage."""
    if storage is None:
        run_and_show(spec, root, **how)
    else:
        run_shared_and_show(spec, storage, root, share=as_here(share), **how)


def run_and_show(
    spec: StudySpec, root: Path, *, restart: bool, record: bool, anyway: bool = False
) -> None:
    """Runs a study with live progress, and says where everything is."""
    from tuner.display.pages import print_study, say
    from tuner.journal.history_builder import find_history, read_history
    from tuner.journal.workspace import Workspace
    from tuner.runner.resume import as_recorded, refuse_other_settings
    from tuner.runner.run import run_study

    workspace = Workspace(root)
    folder = workspace.folder(spec.study)
    earlier = None if restart else find_history(folder, curves=False)
    spec = as_recorded(spec, earlier, say)
    if spec.budget.hours is not None:
        from tuner.runner.within_hours import within_hours

        spec = within_hours(spec, earlier, workspace.photo_cache, say)
    refuse_other_settings(spec, earlier)
    if earlier is not None and _nothing_is_left(earlier, spec):
        run_study(spec, directory=root, record=record, say=say)
        if record:
            _catch_up(folder)
        say(f"'{spec.study}' is finished; nothing was left to train.")
        print_study(read_history(folder, curves=False), found_by(root))
    else:
        said: list[str] = []
        how = {"restart": restart, "record": record, "anyway": anyway}
        finish = partial(write_results, spec.study, folder, said.append)
        run_live(spec, root, earlier, sys.stdout, **how, finish=finish)
        for sentence in said:
            say(sentence)
        return
    write_results(spec.study, folder, say)


def run_shared_and_show(
    spec: StudySpec,
    url: str,
    root: Path,
    *,
    share: str | None,
    restart: bool,
    record: bool,
    anyway: bool,
) -> None:
    """Submits a study, helps with it, shows what all workers do, and writes the results here."""
    from tuner.display.console import open_display
    from tuner.display.pages import say
    from tuner.distributed.run_shared import run_shared
    from tuner.journal.workspace import Workspace
    from tuner.spec.plan import make_plan

    workspace, said = Workspace(root), list[str]()
    plan, unit = make_plan(spec), spec.objective.unit
    with open_display(plan, found_by=found_by(root, url), unit=unit) as display:
        introduce(spec, display)
        run_shared(
            spec,
            url,
            workspace,
            display,
            display.note,
            anyway=anyway,
            restart=restart,
            record=record,
            share=share,
            notify=display.progress,
        )
        with writing_the_report(display):
            write_results(spec.study, workspace.folder(spec.study), said.append)
    for sentence in said:
        say(sentence)


def _nothing_is_left(earlier: StudyHistory, spec: StudySpec) -> bool:
    """Whether the study is finished and the study file has not changed since."""
    from tuner.spec.secret_values import without_secrets
    from tuner.spec.study_file import recorded_study

    asked = without_secrets(spec)
    return earlier.finished is not None and recorded_study(earlier.spec) == asked


def _catch_up(folder: Path) -> None:
    """Sends MLflow what is missing, where an earlier run was killed while it sent its last part."""
    from tuner.tracking.sync_state import last_report

    report = last_report(folder)
    if report is None or report.pending or report.problem:
        with suppress(StorageError):  # `write_results` says what is missing
            sync_with_mlflow(folder, None)


def write_results(study: str, folder: Path, say: Say) -> None:
    """Writes the best weights and the report, and says where everything is."""
    from tuner.files.atomic import write_whole
    from tuner.journal.history_builder import read_history
    from tuner.journal.workspace import Workspace
    from tuner.reporting.export import best_yaml
    from tuner.reporting.page.render import write_report
    from tuner.spec.demo import DEMO, bad_start

    history = read_history(folder)
    write_whole(folder / "best.yaml", best_yaml(history, _mlflow_run(folder)))
    copy = Workspace(folder.parent.parent).command("export", study)
    say(f"Written to {folder / 'best.yaml'}; {copy} copies it.")
    if bad_start(history.spec):
        say(DEMO)
    say(f"The report, to look at or to mail: {write_report(folder, history)}")
    _say_where_the_record_is(study, folder, say)


def _mlflow_run(folder: Path) -> str | None:
    from tuner.tracking.sync_state import last_report

    report = last_report(folder)
    return report.parent_run_id if report else None


def _say_where_the_record_is(study: str, folder: Path, say: Say) -> None:
    from tuner.journal.workspace import Workspace
    from tuner.tracking.sync_state import last_report

    report = last_report(folder)
    workspace = Workspace(folder.parent.parent)
    sync, ui = (workspace.command(each, study) for each in ("sync", "ui"))
    if report is None:
        say(f"Not in MLflow yet: {sync}")
    elif report.pending or report.problem:
        say(f"MLflow does not have everything yet; later: {sync}")
    else:
        say(f"Every trial: {ui} (or: mlflow ui)")
