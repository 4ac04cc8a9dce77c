"""`tuner sync`: sends MLflow everything in the journal that it does not have yet."""

from __future__ import annotations

from contextlib import chdir, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from tuner.cli.options import Directory, Storage, Study, folder_of
from tuner.errors import StorageError


def sync(
    study: Study,
    to: Annotated[str | None, typer.Option("--to", help="Another MLflow server or store.")] = None,
    directory: Directory = Path(),
    storage: Storage = None,
) -> None:
    """Send MLflow what it does not have of a study yet."""
    sync_with_mlflow(folder_of(study, directory, storage), to)


def sync_with_mlflow(folder: Path, to: str | None) -> None:
    """Sends MLflow what it does not have yet.

    Raises:
        StorageError: MLflow refuses it, or cannot be reached.
    """
    from tuner.display.pages import say
    from tuner.tracking.forwarder import forward

    # MLflow's default store is in the working directory: here, that of the study.
    with nullcontext() if to else chdir(folder.parent.parent):
        report = forward(folder, to, lambda: False)
    if report.problem:
        raise StorageError(
            f"{report.pending} entries of the journal are not in MLflow yet: {report.problem}"
        )
    if report.sent:
        entries = "entry" if report.sent == 1 else "entries"
        say(f"MLflow has everything ({report.sent} {entries} sent).")
    else:
        say("MLflow had everything already; nothing was sent.")
