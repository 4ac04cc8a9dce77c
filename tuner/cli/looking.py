"""Commands that show what a study has found, and where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tuner.cli.options import AsJson, Directory, Storage, Study, folder_of, print_json


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
        from tuner.cli.shared_session import watch_status

        watch_status(lambda: folder_of(study, directory, storage), storage)
        return
    from tuner.display.pages import print_status
    from tuner.journal.history import read_history
    from tuner.report.tables import status_record

    history = read_history(folder_of(study, directory, storage))
    if as_json:
        print_json(status_record(history))
    else:
        print_status(history)
    if storage is not None and not as_json:
        from tuner.cli.shared_session import print_attendance

        print_attendance(history.study, storage)


def show(
    study: Study,
    directory: Directory = Path(),
    as_csv: Annotated[bool, typer.Option("--csv", help="All trials as CSV.")] = False,
    as_json: AsJson = False,
    storage: Storage = None,
) -> None:
    """Show the table of stages and trials, with verdicts."""
    from tuner.display.pages import print_study
    from tuner.journal.history import read_history
    from tuner.report.tables import trials_csv, trials_record

    history = read_history(folder_of(study, directory, storage))
    if as_csv:
        typer.echo(trials_csv(history), nl=False)
    elif as_json:
        print_json(trials_record(history))
    else:
        print_study(history)


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
    from tuner.journal.history import read_history
    from tuner.report.page.render import write_report

    folder = folder_of(study, directory, storage)
    typer.echo(f"Written to {write_report(folder, read_history(folder), output)}")


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
    from tuner.tracking.server import page_of, serve

    page = page_of(folder_of(study, directory)) if study else "/"
    serve(directory.absolute(), page, port=port, open_browser=browser, say=typer.echo)
