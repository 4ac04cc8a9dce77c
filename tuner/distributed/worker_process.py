"""One worker as a program: `python -m tuner.distributed.worker_process OPTIONS`.

The supervisor starts it. The storage's address stands in `TUNER_STORAGE`, where other accounts do
not see its password. The first SIGTERM drains: a training is kept and handed back, the user's own
script runs to its end. The second one stops at once.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

from tuner.distributed.context import WorkerContext
from tuner.distributed.registry import WorkerRegistry, new_name
from tuner.distributed.submit import open_database
from tuner.distributed.worker import Worker, WorkerOptions
from tuner.distributed.worker_progress import WorkerProgress
from tuner.errors.masking import masked
from tuner.journal.workspace import Workspace
from tuner.spec.own_code import allowed_code


@dataclass(frozen=True)
class ProcessOptions:
    """Options of a child process.

    Attributes:
        allow: Kinds of code of a study's own that it runs, with commas between them.
        cores: CPU cores that it may use; empty for all.
    """

    directory: str
    study: str | None = None
    photos: str | None = None
    share: str | None = None
    until_done: bool = False
    allow: str = ""
    cores: Sequence[int] = ()

    def as_argument(self) -> str:
        """The options as one argument of a command."""
        return json.dumps(asdict(self))


class GracefulShutdown:
    """Handles SIGTERM: the first one lets a script end, any other interrupts the training."""

    def __init__(self) -> None:
        self.asked = False
        self.worker: Worker | None = None

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """The signal handler."""
        first, self.asked = not self.asked, True
        if not (first and self.worker is not None and self.worker.would_lose_work):
            raise KeyboardInterrupt


def serve(options: ProcessOptions) -> None:
    """Works until its options say that it is over, or a signal comes.

    Raises:
        StorageError: The storage cannot be used.
    """
    draining = GracefulShutdown()
    signal.signal(signal.SIGTERM, draining)
    name = new_name()
    try:
        with (
            open_database(os.environ["TUNER_STORAGE"], _say) as database,
            WorkerRegistry(database, name).entered() as registry,
        ):
            context = WorkerContext(
                database,
                registry,
                Workspace(Path(options.directory)),
                options.photos,
                options.share,
                allow=allowed_code(options.allow),
                notify=WorkerProgress(_say),
            )
            parent = os.getppid()
            worker_options = WorkerOptions(
                options.study,
                options.until_done,
                lambda: draining.asked or os.getppid() != parent,  # its supervisor was killed
            )
            draining.worker = Worker(context, worker_options, _say)
            draining.worker.serve()
    except KeyboardInterrupt:
        if not draining.asked:
            raise
    if draining.asked:
        _say("drained; what was begun is handed back")


def main(argument: str) -> None:
    """Runs a worker with the options of an argument."""
    options = ProcessOptions(**json.loads(argument))
    if options.cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, options.cores)
    from tuner.errors.exits import exit_codes

    with exit_codes():
        serve(options)


def _say(sentence: str) -> None:
    print(f"worker {os.getpid()}: {masked(sentence)}", flush=True)  # noqa: T201 - read in a log


if __name__ == "__main__":
    main(sys.argv[1])
