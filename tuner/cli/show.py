"""`tuner show`: prints the table of stages and trials, as text, CSV or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tuner.cli.options import AsJson, Directory, Storage, Study, folder_of, print_json
from tuner.journal.workspace import found_by


def show(
    study: Study,
    directory: Directory = Path(),
    as_csv: Annotated[bool, typer.Option("--csv", help="All trials as CSV.")] = False,
    as_json: AsJson = False,
    storage: Storage = None,
) -> None:
    """Show the table of stages and trials, with verdicts."""
    from tuner.display.pages import print_study
    from tuner.journal.history_builder import read_history
    from tuner.reporting.tables import trials_csv, trials_record

    history = read_history(folder_of(study, directory, storage), curves=False)
    if as_csv:
        typer.echo(trials_csv(history), nl=False)
    elif as_json:
        print_json(trials_record(history))
    else:
        print_study(history, found_by(directory, storage))
