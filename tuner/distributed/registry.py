"""The registry of workers: each has a name, and a heartbeat as long as it lives."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event as Flag
from time import time
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from tuner.distributed.database import Database
from tuner.distributed.failure_detector import FailureDetector
from tuner.distributed.tables import leases, workers
from tuner.errors import StorageError
from tuner.errors.threads import Thread

HEARTBEAT = 5.0
"""Seconds between two heartbeats."""

GRACE = 60.0
"""Seconds without a heartbeat after which a worker is dead; a machine that swaps takes less."""


class WorkerRegistry:
    """This worker among all workers.

    Args:
        name: Unique name of this worker.
        trains: Whether it trains; a process that only sends to MLflow does not.
        heartbeat: Seconds between two heartbeats.
        grace: Seconds without one after which another worker counts as dead.
    """

    def __init__(
        self,
        database: Database,
        name: str = "",
        *,
        trains: bool = True,
        heartbeat: float = HEARTBEAT,
        grace: float = GRACE,
    ) -> None:
        self.name = name or new_name()
        self._database = database
        self._heartbeat = heartbeat
        self._grace = grace
        self._failure_detector = FailureDetector(grace)
        self._over = Flag()
        self._host = socket.gethostname()
        self._note = ""
        self._trains = trains
        self._living = frozenset[str]()

    @contextmanager
    def entered(self) -> Iterator[WorkerRegistry]:
        """Registers this worker while the block lasts; frees its leases at the end.

        Raises:
            StorageError: The storage is a file, and workers of another machine use it.
        """
        self._database.with_retries(self._enter)
        self._database.with_retries(self._watch)
        thread = Thread(self._keep_beating, name="heartbeat")
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()
            self._leave()

    @property
    def living(self) -> frozenset[str]:
        """Names of the living workers that train, this one included, as of the last heartbeat."""
        return (self._living - self.dead) | {self.name}

    @property
    def dead(self) -> frozenset[str]:
        """Names of the workers that are dead; a worker that came a moment ago is not."""
        return self._failure_detector.dead()

    def describe_note(self, note: str) -> None:
        """Records what this worker cannot do; `tuner status` shows it."""
        self._note = note
        self._database.make(update(workers).where(workers.c.name == self.name).values(note=note))

    def _enter(self) -> None:
        with self._database.change() as connection:
            recent_hosts = select(workers.c.host).where(workers.c.seen > time() - self._grace)
            others = set(connection.execute(recent_hosts).scalars()) - {self._host}
            if self._database.is_sqlite and others:
                raise StorageError(
                    f"storage: {self._database.shown} is a file, and a worker on "
                    f"'{min(others)}' uses it: SQLite's locks hold on one machine only "
                    "(share a study between machines with postgresql+psycopg://...)"
                )
            self._write_down(connection)

    def _write_down(self, connection: Connection) -> None:
        row = {"name": self.name, "host": self._host, "beat": 0, "note": self._note}
        row |= {"trains": self._trains, "seen": time()}
        connection.execute(delete(workers).where(workers.c.name == self.name))
        connection.execute(insert(workers).values(row))

    def _keep_beating(self) -> None:
        while not self._over.wait(self._heartbeat):
            # After any error go on: without heartbeats this worker would count as dead.
            with suppress(Exception):
                self._beat()
                self._watch()

    def _beat(self) -> None:
        beat = update(workers).where(workers.c.name == self.name)
        beat = beat.values(beat=workers.c.beat + 1, seen=time())
        with self._database.change() as connection:
            if not connection.execute(beat).rowcount:  # removed as dead, and now back
                self._write_down(connection)

    def _watch(self) -> None:
        holding = select(leases.c.worker).where(leases.c.worker != "").distinct()
        with self._database.change() as connection:
            # A worker with a lease but without a row has no heartbeat either.
            without_row = dict.fromkeys(connection.execute(holding).scalars(), -1)
            rows = connection.execute(
                select(workers.c.name, workers.c.beat, workers.c.trains)
            ).all()
            self._failure_detector.look(without_row | {name: beat for name, beat, _ in rows})
            self._living = frozenset(name for name, _, trains in rows if trains)
            removable = workers.c.name.in_(self.dead) & workers.c.name.not_in(holding)
            connection.execute(delete(workers).where(removable))

    def _leave(self) -> None:
        """Frees the leases at once, so that others do not wait until this worker counts as dead."""
        try:
            with self._database.change() as connection:
                mine = update(leases).where(leases.c.worker == self.name)
                connection.execute(mine.values(worker=""))
                connection.execute(delete(workers).where(workers.c.name == self.name))
        except SQLAlchemyError:  # then they do wait
            return


def new_name() -> str:
    """A unique name that shows where a worker runs."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:6]}"
