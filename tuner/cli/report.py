"""`tuner report`: one HTML page with pictures and plots."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tuner.cli.options import Directory, Storage, Study, folder_of


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
    from tuner.journal.history_builder import read_history
    from tuner.reporting.page.render import write_report

    folder = folder_of(study, directory, storage)
    typer.echo(f"Written to {write_report(folder, read_history(folder), output)}")
