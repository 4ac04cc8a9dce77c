"""Commands on a study before it runs, and the one that runs it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tuner.cli.options import (
    Anyway,
    AsJson,
    Directory,
    Photos,
    Price,
    Quick,
    Restart,
    Sets,
    Share,
    Steps,
    Storage,
    Study,
    as_here,
    load,
    print_json,
    words,
)


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
        from tuner.cli.shared_session import run_shared_and_show

        run_shared_and_show(spec, storage, directory.absolute(), share=as_here(share), **how)
        return
    from tuner.cli.session import run_and_show

    run_and_show(spec, directory.absolute(), **how)


def plan(
    study: Study,
    photos: Photos = None,
    steps: Steps = None,
    quick: Quick = False,
    sets: Sets = [],  # noqa: B006 - typer wants a list
    directory: Directory = Path(),
    price: Price = 0.0,
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Time a few steps for the estimate.")
    ] = True,
) -> None:
    """Show stages, trials, hours and price; nothing is trained."""
    spec = load(study, photos, steps, quick, sets)
    from tuner.cli.session import show_plan

    show_plan(spec, directory.absolute(), price=price, measure=measure)


def check(
    study: Study,
    photos: Photos = None,
    steps: Steps = None,
    quick: Quick = False,
    sets: Sets = [],  # noqa: B006 - typer wants a list
    directory: Directory = Path(),
    price: Price = 0.0,
    run_it: Annotated[
        bool, typer.Option("--run", help="Runs your own script briefly, to see what it obeys.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check what can be known before anything is spent on a study."""
    from tuner.cli.inspection import inspect_study

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
        print_json(record)
    if record["color"] == "red":
        sys.exit(1)
