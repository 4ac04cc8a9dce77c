"""Workers of a shared study are paused, killed, and left without their database."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from faults.commands.server import CommandServer, Ended, Running, command_server
from faults.commands.studies import STUDIES
from faults.shared import came_to, differences, leave
from postgres_server import PostgresServer, postgres_server

MOMENTS = (0, 3, 9)
"""Lines that a worker has written when it is disturbed."""


@dataclass
class SharedHarness:
    """A database server, and a server of workers.

    Attributes:
        whole: What the undisturbed study came to.
    """

    place: Path
    server: CommandServer
    postgres: PostgresServer
    whole: dict[str, Any]
    _numbers: Iterator[int]

    def attempt(
        self, kind: str, number: int, sent: int, disturb: Callable
    ) -> tuple[str, tuple[str, ...]]:
        """Disturbs a worker once it has written some lines: what came, and what is wrong."""
        home = self.place / f"shared-{next(self._numbers)}"
        home.mkdir()
        url = self.url(home) if kind == "PostgreSQL" else f"sqlite:///{home}/shared.db"
        leave(url, self.place)
        first = self.server.start(
            home, url, program="worker", fault=("append", number, "signal", sent)
        )
        try:
            ended, came = disturb(self, url, home, first)
            wrong = [*_wrong_end(ended), *differences(url, self.whole)]
        finally:
            with suppress(ProcessLookupError):
                os.kill(first.pid, signal.SIGKILL)
            shutil.rmtree(home)
        return came, tuple(wrong)

    def url(self, home: Path) -> str:
        """A new database of the PostgreSQL server."""
        return self.postgres.create_database(home.name.replace("-", "_"))

    def other(self, url: str, home: Path) -> Ended:
        """Another worker, until the study is done."""
        return self.server.run(home, url, program="worker")


def restart(
    harness: SharedHarness, url: str, home: Path, first: Running
) -> tuple[list[Ended], str]:
    """The database is stopped and started while a worker is between two steps."""
    _require_held(first)
    harness.postgres.stop()
    harness.postgres.start()
    first.go_on()
    return [first.wait()], "waited, then equal"


def away(harness: SharedHarness, url: str, home: Path, first: Running) -> tuple[list[Ended], str]:
    """The database crashes, and comes back while the worker asks for it."""
    _require_held(first)
    harness.postgres.kill()
    first.go_on()
    harness.postgres.start()
    return [first.wait()], "waited, then equal"


def woken(harness: SharedHarness, url: str, home: Path, first: Running) -> tuple[list[Ended], str]:
    """A worker is held still until another one has taken over and finished; then it wakes."""
    _require_held(first)
    other = harness.other(url, home)
    first.go_on()
    return [other, first.wait()], "taken over, then equal"


def killed(harness: SharedHarness, url: str, home: Path, first: Running) -> tuple[list[Ended], str]:
    """A worker is killed, and another one goes on."""
    first.wait()
    return [harness.other(url, home)], "taken over, then equal"


def _require_held(first: Running) -> None:
    ended = first.wait()
    if ended is not None:
        raise RuntimeError(f"it did not hold still: {ended}")


DISTURBANCES = {
    "the database is stopped and started": ("PostgreSQL", int(signal.SIGSTOP), restart),
    "the database crashes, and is away for a while": ("PostgreSQL", int(signal.SIGSTOP), away),
    "a worker is held still past its heartbeat, and woken": (
        "PostgreSQL",
        int(signal.SIGSTOP),
        woken,
    ),
    "a worker gets SIGKILL": ("PostgreSQL", int(signal.SIGKILL), killed),
    "a worker is held still past its heartbeat, and woken (SQLite)": (
        "SQLite",
        int(signal.SIGSTOP),
        woken,
    ),
    "a worker gets SIGKILL (SQLite)": ("SQLite", int(signal.SIGKILL), killed),
}
"""By name: the kind of database, the signal that the worker gets, and what the harness does."""


@contextmanager
def shared_harness(place: Path) -> Iterator[SharedHarness]:
    """A harness with an undisturbed study."""
    warm = STUDIES["evaluated"].make(place / "warm")
    with postgres_server() as postgres, command_server(str(warm)) as server:
        harness = SharedHarness(place, server, postgres, {}, count())
        home = place / "whole"
        home.mkdir()
        url = harness.url(home)
        leave(url, place)
        [*wrong] = _wrong_end([harness.other(url, home)])
        assert not wrong, wrong
        harness.whole = came_to(url)
        yield harness


def _wrong_end(ended: list[Ended]) -> Iterator[str]:
    for one in ended:
        if one.code or one.complaints:
            yield f"exit code {one.code}: {one.complaints.strip()[-300:]}"
