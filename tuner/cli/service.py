"""The commands for many machines: leave a study, work on what was left, stop it and go on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tuner.cli.options import (
    Anyway,
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
    load,
    name_of,
)
from tuner.errors import StorageError


def submit(
    study: Study,
    photos: Photos = None,
    steps: Steps = None,
    quick: Quick = False,
    sets: Sets = [],  # noqa: B006 - typer wants a list
    directory: Directory = Path(),
    restart: Restart = False,
    anyway: Anyway = False,
    storage: Storage = None,
) -> None:
    """Leave a study in a shared storage, for its workers."""
    spec = load(study, photos, steps, quick, sets)
    from tuner.cli.shared_session import submit_and_show

    submit_and_show(spec, _named(storage), directory.absolute(), restart=restart, anyway=anyway)


def worker(
    study: Annotated[
        str | None, typer.Option("--study", "-s", help="Serve this study only.")
    ] = None,
    directory: Directory = Path(),
    photos: Annotated[
        str | None,
        typer.Option(
            "--photos", envvar="TUNER_PHOTOS", help="Where the photos lie on this machine."
        ),
    ] = None,
    share: Share = None,
    processes: Annotated[
        int | None,
        typer.Option("--processes", min=1, max=256, help="Workers on the processor's cores."),
    ] = None,
    gpus: Annotated[
        str | None, typer.Option("--gpus", help="A worker on each: all, or 0,2; all by default.")
    ] = None,
    until_done: Annotated[
        bool, typer.Option("--until-done", help="Leave when no study is open any more.")
    ] = False,
    record: Annotated[
        bool, typer.Option("--record/--no-record", help="Feed MLflow, unless another machine does.")
    ] = True,
    storage: Storage = None,
) -> None:
    """Work on the studies that were submitted, with every GPU of this machine."""
    from tuner.cli.shared_session import work
    from tuner.distributed.worker_process import ProcessOptions

    options = ProcessOptions(
        directory=str(directory.absolute()),
        study=name_of(study) if study else None,
        photos=as_here(photos),
        share=as_here(share),
        until_done=until_done,
    )
    work(options, _named(storage), processes=processes, gpus=gpus, record=record)


def stop(study: Study, storage: Storage = None) -> None:
    """Stop a study once its workers have finished what they have in hand."""
    from tuner.cli.shared_session import stop_and_say

    stop_and_say(name_of(study), _named(storage))


def resume(study: Study, storage: Storage = None) -> None:
    """Go on with a study that was stopped."""
    from tuner.cli.shared_session import resume_and_say

    resume_and_say(name_of(study), _named(storage))


def storage(
    storage: Storage = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only look whether it answers and has its tables.")
    ] = False,
) -> None:
    """Make a shared storage's tables, once, before workers start."""
    from tuner.cli.shared_session import prepare_storage

    prepare_storage(_named(storage), only_check=check)


def _named(storage: str | None) -> str:
    if storage is None:
        raise StorageError(
            "storage: name the database that the machines share, with --storage or "
            "TUNER_STORAGE (such as postgresql+psycopg://user@host/optuna)"
        )
    return storage
