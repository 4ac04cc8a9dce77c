"""`tuner worker`: trains the submitted studies on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuner.cli.options import Directory, Share, Storage, as_here, name_of, require_storage

if TYPE_CHECKING:
    from tuner.distributed.worker_process import ProcessOptions


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
    allow: Annotated[
        str,
        typer.Option(
            "--allow",
            envvar="TUNER_ALLOW",
            help="Code of a study's own that runs here: command, python, or both; none by default.",
        ),
    ] = "",
    record: Annotated[
        bool, typer.Option("--record/--no-record", help="Feed MLflow, unless another machine does.")
    ] = True,
    storage: Storage = None,
) -> None:
    """Work on submitted studies, with every GPU of this machine."""
    typer.echo("worker: loading Optuna, and the storage's tables")
    sys.stdout.flush()
    from tuner.distributed.worker_process import ProcessOptions
    from tuner.spec.own_code import allowed_code

    allowed_code(allow)
    options = ProcessOptions(
        directory=str(directory.absolute()),
        study=name_of(study) if study else None,
        photos=as_here(photos),
        share=as_here(share),
        until_done=until_done,
        allow=allow,
    )
    work(options, require_storage(storage), processes=processes, gpus=gpus, record=record)


def work(
    options: ProcessOptions, url: str, *, processes: int | None, gpus: str | None, record: bool
) -> None:
    """Keeps this machine's workers alive until they are done or a signal comes."""
    from tuner.display.pages import say
    from tuner.distributed.process_specs import syncer_spec, worker_specs
    from tuner.distributed.submit import open_database
    from tuner.distributed.supervisor import Supervisor

    open_database(url, say).close()
    process_specs = worker_specs(options, url, processes=processes, gpus=gpus)
    syncers = [syncer_spec(options, url)] if record else []
    drained = Supervisor([*process_specs, *syncers], _say_at_once).run()
    if drained and options.until_done:  # the studies are not done: the exit code has to say so
        raise KeyboardInterrupt


def _say_at_once(sentence: str) -> None:
    from tuner.display.pages import say

    say(sentence)
    sys.stdout.flush()
