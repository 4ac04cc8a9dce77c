"""`tuner storage`: makes or checks the tables of a shared storage."""

from __future__ import annotations

from typing import Annotated

import typer

from tuner.cli.options import Storage, require_storage


def storage(
    storage: Storage = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only look whether it answers and has its tables.")
    ] = False,
) -> None:
    """Make a shared storage's tables, once, before workers start."""
    from tuner.display.pages import say
    from tuner.distributed.database import Database
    from tuner.distributed.submit import create_tables

    with Database(require_storage(storage), say) as database:
        if check:
            database.check()
        else:
            create_tables(database)
    say(f"{database.shown} is ready.")
