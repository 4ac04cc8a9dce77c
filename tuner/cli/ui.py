"""`tuner ui`: starts MLflow and opens the page of a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tuner.cli.options import Directory, folder_of


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
    """Open MLflow on the leaderboard of a study, or of the latest one."""
    from tuner.tracking.server import Page, page_of, serve

    page = page_of(folder_of(study, directory)) if study else Page()
    serve(directory.absolute(), page, port=port, open_browser=browser, say=typer.echo)
