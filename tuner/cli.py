"""The command line: each command is one call into the product.

Whatever needs torch, Optuna or MLflow is imported when a command runs, so that `tuner --help`
and a refused study file answer at once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tuner.cli_options import (
    Anyway,
    AsJson,
    Directory,
    Photos,
    Quick,
    Restart,
    Sets,
    Share,
    Steps,
    Storage,
    Study,
    as_here,
    folder_of,
    load,
    words,
)
from tuner.cli_service import add_service_commands
from tuner.errors import TunerError
from tuner.exits import exit_codes

app = typer.Typer(
    name="tuner",
    help="Cures sepia, purple, gray or neon colorizations: tunes the weights of the loss, one at "
    "a time, and says honestly whether it helped.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
@exit_codes()
def run(
    study: Study,
    photos: Photos = None,
    steps: Steps = None,
    quick: Quick = False,
    sets: Sets = [],  # noqa: B006 - typer wants a list
    directory: Directory = Path(),
    restart: Restart = False,
    record: Annotated[
        bool, typer.Option("--record/--no-record", help="Feed MLflow while it runs.")
    ] = True,
    anyway: Anyway = False,
    storage: Storage = None,
    share: Share = None,
) -> None:
    """Run a study, or go on with it: one weight at a time, each trial recorded."""
    spec = load(study, photos, steps, quick, sets)
    how = {"restart": restart, "record": record, "anyway": anyway}
    if storage is not None:
        from tuner.shared_session import run_shared_and_show

        run_shared_and_show(spec, storage, directory.absolute(), share=as_here(share), **how)
        return
    from tuner.session import run_and_show

    run_and_show(spec, directory.absolute(), **how)


@app.command()
@exit_codes()
def plan(
    study: Study,
    photos: Photos = None,
    steps: Steps = None,
    quick: Quick = False,
    sets: Sets = [],  # noqa: B006 - typer wants a list
    directory: Directory = Path(),
    price: Annotated[float, typer.Option("--price", help="Price of an hour, for the cost.")] = 0.0,
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Time a few steps for the estimate.")
    ] = True,
) -> None:
    """Show stages, trials, hours and price; nothing is trained."""
    spec = load(study, photos, steps, quick, sets)
    from tuner.session import show_plan

    show_plan(spec, directory.absolute(), price=price, measure=measure)


@app.command()
@exit_codes()
def check(
    study: Study,
    photos: Photos = None,
    steps: Steps = None,
    quick: Quick = False,
    sets: Sets = [],  # noqa: B006 - typer wants a list
    directory: Directory = Path(),
    price: Annotated[float, typer.Option("--price", help="Price of an hour, for the cost.")] = 0.0,
    run_it: Annotated[
        bool, typer.Option("--run", help="Runs your own script briefly, to see what it obeys.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check what can be known before anything is spent on a study."""
    from tuner.inspection import inspect_study

    asked = (study, photos, steps, quick, sets)
    record = inspect_study(
        lambda: load(*asked),
        words(*asked),
        directory.absolute(),
        price=price,
        as_json=as_json,
        run=run_it,
    )
    if as_json:
        _print_json(record)
    if record["color"] == "red":
        sys.exit(1)


@app.command()
@exit_codes()
def status(
    study: Study,
    directory: Directory = Path(),
    as_json: AsJson = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again every few seconds, until it is finished.")
    ] = False,
    storage: Storage = None,
) -> None:
    """Tell where a study stands."""
    if watch:
        from tuner.shared_session import watch_status

        watch_status(lambda: folder_of(study, directory, storage), storage)
        return
    from tuner.display.pages import print_status
    from tuner.records.history import read_history
    from tuner.records.table import status_record

    history = read_history(folder_of(study, directory, storage))
    if as_json:
        _print_json(status_record(history))
    else:
        print_status(history)
    if storage is not None and not as_json:
        from tuner.shared_session import print_attendance

        print_attendance(history.study, storage)


@app.command()
@exit_codes()
def show(
    study: Study,
    directory: Directory = Path(),
    as_csv: Annotated[bool, typer.Option("--csv", help="All trials as CSV.")] = False,
    as_json: AsJson = False,
    storage: Storage = None,
) -> None:
    """Show the table of stages and trials, with verdicts."""
    from tuner.display.pages import print_study
    from tuner.records.history import read_history
    from tuner.records.table import trials_csv, trials_record

    history = read_history(folder_of(study, directory, storage))
    if as_csv:
        typer.echo(trials_csv(history), nl=False)
    elif as_json:
        _print_json(trials_record(history))
    else:
        print_study(history)


@app.command()
@exit_codes()
def export(
    study: Study,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file; '-' prints.", allow_dash=True)
    ] = None,
    form: Annotated[
        Literal["yaml", "python", "json", "argv", "basicsr"], typer.Option("--format")
    ] = "yaml",
    into: Annotated[
        Path | None,
        typer.Option("--into", help="Writes them into your own YAML, JSON, TOML or Python file."),
    ] = None,
    directory: Directory = Path(),
    storage: Storage = None,
) -> None:
    """Export the best weights: the confirmed ones, or those you came with."""
    from tuner.records.export import write_export
    from tuner.records.export_forms import render
    from tuner.records.history import read_history
    from tuner.records.progress import last_report

    folder = folder_of(study, directory, storage)
    if into is not None:
        if output is not None or form != "yaml":
            raise TunerError("export: --into has no use for --output and --format")
        _write_into(folder, into)
        return
    report = last_report(folder)
    text = render(read_history(folder), form, report.parent_run_id if report else None)
    files = {"yaml": Path("best.yaml"), "json": Path("best.json")}
    target = output or files.get(form, Path("-"))
    typer.echo(text, nl=False)
    if str(target) != "-":
        write_export(target, text)
        typer.echo(f"# wrote {target}", err=True)


@app.command()
@exit_codes()
def report(
    study: Study,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A file; report.html in the study's folder if not."),
    ] = None,
    directory: Directory = Path(),
    storage: Storage = None,
) -> None:
    """Write a report: one HTML page with pictures and plots, to mail."""
    from tuner.records.history import read_history
    from tuner.records.report.page import write_report

    folder = folder_of(study, directory, storage)
    typer.echo(f"Written to {write_report(folder, read_history(folder), output)}")


@app.command()
@exit_codes()
def diagnose(
    predictions: Annotated[
        Path | None, typer.Option("--predictions", help="A folder of colorized pictures.")
    ] = None,
    targets: Annotated[
        Path | None,
        typer.Option("--targets", help="The color photos they should be, of the same names."),
    ] = None,
    study: Annotated[
        str | None, typer.Option("--study", "-s", help="Look at a trial of this study instead.")
    ] = None,
    trial: Annotated[
        int | None, typer.Option("--trial", help="Its number; the best weights by default.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option("--checkpoint", help="A network of the built-in trainer (safetensors)."),
    ] = None,
    photos: Annotated[
        str | None, typer.Option("--photos", help="What it colors: color photos, or 'sample'.")
    ] = None,
    model_args: Annotated[
        str | None,
        typer.Option("--model-args", help="Of that network, where it tells less: gray_skip=false."),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Where the worst photos are drawn (PNG).")
    ] = None,
    directory: Directory = Path(),
    as_json: AsJson = False,
) -> None:
    """Name what is wrong with colorizations, and the study that treats it."""
    if trial is not None and study is None:
        raise TunerError("diagnose: --trial belongs to --study")
    if checkpoint is None and (photos is not None or model_args is not None):
        raise TunerError("diagnose: --photos and --model-args belong to --checkpoint")
    match (predictions, targets, study, checkpoint, photos):
        case (None, None, str(), None, None):
            from tuner.examination import diagnose_trial

            found = diagnose_trial(folder_of(study, directory), trial, picture, as_json=as_json)
        case (Path(), Path(), None, None, None):
            from tuner.examination import diagnose_folders

            found = diagnose_folders(predictions, targets, picture, as_json=as_json)
        case (None, None, None, Path(), str()):
            from tuner.examination import diagnose_checkpoint

            found = diagnose_checkpoint(checkpoint, photos, model_args, picture, as_json=as_json)
        case _:
            raise TunerError(
                "diagnose: give --predictions DIR and --targets DIR, or --study NAME, or "
                "--checkpoint FILE and --photos DIR"
            )
    if as_json:
        _print_json(found)


@app.command()
@exit_codes()
def studies(as_json: AsJson = False) -> None:
    """List the studies, and the presets of weights."""
    from tuner.display.pages import print_studies
    from tuner.presets import WEIGHT_PRESETS
    from tuner.study_file import list_studies

    found = list_studies()
    if as_json:
        headings = [
            {"study": h.name, "symptom": h.symptom, "path": str(h.path), "shipped": h.shipped}
            for h in found
        ]
        presets = {name: dict(weights) for name, weights in WEIGHT_PRESETS.items()}
        _print_json({"studies": headings, "presets": presets})
    else:
        print_studies(found, WEIGHT_PRESETS)


@app.command()
@exit_codes()
def init(
    name: Annotated[str, typer.Argument(help="Of the study; the file is studies/NAME.yaml.")],
    symptom: Annotated[
        str | None,
        typer.Option("--symptom", help="As diagnose names it, or a study that treats it."),
    ] = None,
    photos: Photos = None,
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights", help="What you train with: ab_weight=3,l_weight=0.3, or a preset's name."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrites the file.")] = False,
) -> None:
    """Write a commented study file of your own, for a symptom."""
    from tuner.display.beginning import print_new_study
    from tuner.new_study import write_new_study

    print_new_study(write_new_study(name, symptom, photos, weights, force=force))


@app.command()
@exit_codes()
def sync(
    study: Study,
    to: Annotated[str | None, typer.Option("--to", help="Another MLflow server or store.")] = None,
    directory: Directory = Path(),
    storage: Storage = None,
) -> None:
    """Replay the journal into MLflow; what is there already is not sent twice."""
    from tuner.session import sync_with_mlflow

    sync_with_mlflow(folder_of(study, directory, storage), to)


@app.command()
@exit_codes()
def ui(
    study: Annotated[str | None, typer.Option("--study", "-s", help="Open this study.")] = None,
    directory: Directory = Path(),
    port: Annotated[
        int, typer.Option("--port", min=1, max=65535, help="First port to try.")
    ] = 5000,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")
    ] = True,
) -> None:
    """Open MLflow on the store in use, on the page of the study."""
    from tuner.records.server import page_of, serve

    page = page_of(folder_of(study, directory)) if study else "/"
    serve(directory.absolute(), page, port=port, open_browser=browser, say=typer.echo)


add_service_commands(app)


def main() -> None:
    """The `tuner` command."""
    try:
        app(prog_name="tuner")
    except SystemExit as ending:
        # Wrong usage is something the user can fix, like everything else that ends with 1.
        sys.exit(1 if ending.code == 2 else ending.code)  # noqa: PLR2004


def _write_into(folder: Path, file: Path) -> None:
    from tuner.handover import write_into
    from tuner.records.history import read_history

    done = write_into(read_history(folder), file)
    typer.echo(done.diff, nl=False)
    said = (
        f"wrote {file}, kept as it was in {done.backup}"
        if done.backup
        else f"{file} has them already"
    )
    typer.echo(f"# {said}", err=True)
    for other in done.elsewhere:
        typer.echo(f"# other weights belong into {other}", err=True)


def _print_json(record: Any) -> None:
    typer.echo(json.dumps(record, indent=2, ensure_ascii=False))
