"""One worker as a program: `python -m tuner.service.child OPTIONS`, started by the supervisor.

The storage's address stands in `TUNER_STORAGE`, where other accounts do not see its password. The
first SIGTERM drains: a training is kept and handed back, a script of the user's comes to its end.
The second one stops at once.
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

from tuner.service.desk import Desk
from tuner.service.submitting import open_database
from tuner.service.worker import Duty, Worker
from tuner.sharing.roll import Roll, new_name
from tuner.workspace import Workspace


@dataclass(frozen=True)
class Options:
    """What a child is told.

    Attributes:
        cores: Of the processor that it may use; all where there are none.
    """

    directory: str
    study: str | None = None
    photos: str | None = None
    share: str | None = None
    until_done: bool = False
    cores: Sequence[int] = ()

    def as_argument(self) -> str:
        """The options as one word of a command."""
        return json.dumps(asdict(self))


class Draining:
    """Whether the worker was asked to leave, and what becomes of what it is doing."""

    def __init__(self) -> None:
        self.asked = False
        self.worker: Worker | None = None

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """A signal came."""
        first, self.asked = not self.asked, True
        if not (first and self.worker is not None and self.worker.brings_to_its_end):
            raise KeyboardInterrupt


def serve(options: Options) -> None:
    """Works until its duty ends or a signal comes.

    Raises:
        StorageError: The storage cannot be used.
    """
    draining = Draining()
    signal.signal(signal.SIGTERM, draining)
    name = new_name()
    try:
        with (
            open_database(os.environ["TUNER_STORAGE"], _say) as database,
            Roll(database, name).entered() as roll,
        ):
            desk = Desk(
                database, roll, Workspace(Path(options.directory)), options.photos, options.share
            )
            parent = os.getppid()
            duty = Duty(
                options.study,
                options.until_done,
                lambda: draining.asked or os.getppid() != parent,  # its supervisor was killed
            )
            draining.worker = Worker(desk, duty, _say)
            draining.worker.serve()
    except KeyboardInterrupt:
        if not draining.asked:
            raise
    if draining.asked:
        _say("drained; what was begun is handed back")


def main(argument: str) -> None:
    """Works with the options of an argument."""
    options = Options(**json.loads(argument))
    if options.cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, options.cores)
    from tuner.exits import exit_codes

    with exit_codes():
        serve(options)


def _say(sentence: str) -> None:
    print(f"worker {os.getpid()}: {sentence}", flush=True)  # noqa: T201 - read in a log


if __name__ == "__main__":
    main(sys.argv[1])
