"""The database that workers share: checked connections, locks, and retries.

A database that restarts, or is away for minutes, delays its workers and loses nothing: every
operation here may be repeated.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import local
from typing import Self, TypeVar

# Imported here, because two threads that import it at once may see half of it.
import sqlalchemy.orm  # noqa: F401
from filelock import FileLock
from sqlalchemy import Connection, Delete, Engine, Update, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from tuner.distributed.tables import metadata
from tuner.errors import StorageError, masking
from tuner.errors.masking import masked
from tuner.results.progress import Say
from tuner.search.connections import connect_args

Outcome = TypeVar("Outcome")

CONNECTIONS = 3
"""Connections of one worker: its own, its heartbeat's, a lock's; PostgreSQL's default is 100."""

PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between two tries while the database is away; the last value repeats."""

PACKAGES = {"psycopg": "'psycopg[binary]'"}
"""What pip calls a module that it has under another name."""


def _silent(_sentence: str) -> None:
    """Ignores the sentence."""


class Database:
    """A database, by its address.

    Args:
        url: Such as `postgresql+psycopg://tuner@db/optuna`, or `sqlite:///tuner.db`.
        say: Called when the database is away, and when it is back.
        wait: Sleeps for some seconds.

    Raises:
        StorageError: It is no address of a database that several processes can share.
    """

    def __init__(
        self, url: str, say: Say = _silent, wait: Callable[[float], None] = time.sleep
    ) -> None:
        masking.register(url)
        self.url = url
        self._say = say
        self._wait = wait
        self._patient = local()
        try:
            address = make_url(url)
            self.engine = _engine(url)
        except (ArgumentError, NoSuchModuleError, ValueError) as error:
            raise StorageError(
                f"storage: '{masked(url)}' is no address of a database (such as "
                "postgresql+psycopg://user@host/optuna, or sqlite:///tuner.db)"
            ) from error
        except ModuleNotFoundError as error:
            package = PACKAGES.get(str(error.name), error.name)
            raise StorageError(
                f"storage: {error.name} is not installed, which {address.drivername} needs "
                f"(pip install {package})"
            ) from error
        self.shown = masked(address.render_as_string(hide_password=True))
        self.file = Path(address.database) if self.is_sqlite and address.database else None
        if self.is_sqlite and self.file is None:
            raise StorageError("storage: a database in memory cannot be shared (name a file)")

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file, which only one machine can use."""
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Closes its connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def create(self, create_others: Callable[[], object]) -> None:
        """Makes missing tables; safe to call from several processes at once.

        Args:
            create_others: Makes the other tables in the same database.

        Raises:
            StorageError: The database does not answer, or may not be changed.
        """
        with self._refusing(), self.alone("tables"):
            metadata.create_all(self.engine)
            create_others()

    def check(self) -> None:
        """Looks whether the database answers and has its tables.

        Raises:
            StorageError: It does not.
        """
        with self._refusing():
            missing = metadata.tables.keys() - set(inspect(self.engine).get_table_names())
        if missing:
            raise StorageError(
                f"{self.shown} has no tables of the tuner yet (make them: tuner storage)"
            )

    @contextmanager
    def change(self) -> Iterator[Connection]:
        """A transaction: everything in it happens, or nothing."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """A lock for one process at a time on all machines; it ends with the process."""
        if self.file is not None:
            with FileLock(self.file.with_name(f".{self.file.name}.{what}.lock".replace("/", "_"))):
                yield
        else:
            with self.engine.begin() as connection:
                in_turn(connection, what)
                yield

    def with_retries(self, work: Callable[[], Outcome]) -> Outcome:
        """Calls `work` again until the database answers.

        A call inside another call does not wait: where a lock is lost with its connection, all of
        the outer work is repeated.

        Raises:
            StorageError: The database answers, and refuses.
        """
        if getattr(self._patient, "already", False):
            return work()
        tries = 0
        while True:
            self._patient.already = True
            try:
                outcome = work()
            except SQLAlchemyError as error:
                if not is_away(error):
                    raise self._refusal(error) from error
                self._describe_once(tries, error)
            else:
                if tries > 1:
                    self._say("the database is back")
                return outcome
            finally:
                self._patient.already = False
            self._wait(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1

    def make(self, change: Update | Delete) -> None:
        """Changes rows, once the database answers."""

        def work() -> None:
            with self.change() as connection:
                connection.execute(change)

        self.with_retries(work)

    def _describe_once(self, tries: int, error: SQLAlchemyError) -> None:
        if tries == 1:  # the first try after a restart may meet a connection that is gone
            self._say(f"{self.shown} does not answer ({reason_of(error)}); waiting for it")

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise self._refusal(error) from error

    def _refusal(self, error: SQLAlchemyError) -> StorageError:
        return StorageError(f"storage: {self.shown}: {reason_of(error)}")


def in_turn(connection: Connection, what: str) -> None:
    """Takes a lock until this transaction ends; waits for other transactions that have it."""
    if connection.dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")
        connection.execute(lock, {"what": f"tuner {what}"})


def is_away(error: BaseException | None) -> bool:
    """Whether the database did not answer, rather than refuse."""
    if isinstance(error, NoConnectionLeft):
        return True
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated
        or any(kind.__name__ in AWAY for kind in type(error.orig).__mro__)
    )


AWAY = {"OperationalError", "InterfaceError", "IdleInTransactionSessionTimeout"}
"""What drivers raise when a server is gone, starting, stopping, or a file is locked."""


def reason_of(error: SQLAlchemyError) -> str:
    """The reason, on one line."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0].rstrip(".")


def _engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        return create_engine(url, connect_args=connect_args(url))
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=CONNECTIONS,
        max_overflow=0,
        connect_args=connect_args(url),
    )
