"""Optuna's storages: opens and closes them, and says in one sentence what is wrong with one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, InMemoryStorage, RDBStorage
from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from tuner.errors import StorageError
from tuner.errors.masking import masked
from tuner.files.atomic import unused_name
from tuner.search.connections import connect_args

TrialStorage = BaseStorage
"""Optuna's, of all studies in a database."""


class DamagedDatabase(StorageError):
    """A database of ours whose content is not what was written.

    Attributes:
        reason: What is wrong with it.
    """

    def __init__(self, url: str | None, reason: str) -> None:
        super().__init__(_sentence(url, reason))
        self.reason = reason


def open_storage(url: str | None) -> BaseStorage:
    """Opens Optuna's storage.

    Raises:
        StorageError: It is no database, or not Optuna's, or cannot be opened.
    """
    with refusing(url):
        return InMemoryStorage() if url is None else reach_storage(url)


def reach_storage(url: str) -> BaseStorage:
    """Opens Optuna's storage; SQLite in a way that survives kill -9 without waiting for disks.

    SQLite's write-ahead log with `synchronous=NORMAL` loses nothing when a process is
    killed; after a power cut the last trials may be missing, and are written again from the
    journal. What goes wrong is raised as SQLAlchemy has it.
    """
    few = {} if url.startswith("sqlite") else {"pool_size": 1, "max_overflow": 1}
    engine = {"pool_pre_ping": True, "connect_args": connect_args(url), **few}
    storage = RDBStorage(url, engine_kwargs=engine)
    if url.startswith("sqlite"):
        event.listen(storage.engine, "connect", _write_ahead)
        storage.engine.dispose()
    return storage


def close_storage(storage: BaseStorage) -> None:
    """Closes the connections of a storage that is not used any more."""
    if isinstance(storage, RDBStorage):
        storage.remove_session()  # else its connection counts as used, and stays open
        storage.engine.dispose()


def create_storage(url: str) -> None:
    """Makes Optuna's tables where they are missing."""
    close_storage(open_storage(url))


def forget_study(url: str, name: str) -> None:
    """Removes a study from the database; unknown names are fine."""
    if knows_study(url, name):
        storage = open_storage(url)
        with reading(url):
            optuna.delete_study(study_name=name, storage=storage)
        close_storage(storage)


def knows_study(url: str, name: str) -> bool:
    """Whether the database holds trials of a study."""
    storage = open_storage(url)
    with reading(url):
        summaries = optuna.get_all_study_summaries(storage)
    close_storage(storage)
    return any(summary.study_name == name and summary.n_trials for summary in summaries)


def remove_rows(url: str, name: str) -> None:
    """Removes a study and all rows that belong to no study, also where Optuna cannot read them."""
    engine = create_engine(url, connect_args=connect_args(url))
    with reading(url), engine.begin() as connection:
        tables = {
            table: [column["name"] for column in inspect(connection).get_columns(table)]
            for table in inspect(connection).get_table_names()
        }
        connection.execute(text("DELETE FROM studies WHERE study_name = :name"), {"name": name})
        for key, parent in (("study_id", "studies"), ("trial_id", "trials")):
            for table, columns in tables.items():
                if key in columns and table != parent:
                    connection.execute(
                        text(f"DELETE FROM {table} WHERE {key} NOT IN (SELECT {key} FROM {parent})")  # noqa: S608 - names of Optuna's tables
                    )
    engine.dispose()


def sqlite_url(path: Path) -> str:
    """The address of a SQLite file."""
    return f"sqlite:///{path}"


def _write_ahead(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def set_aside(url: str) -> Path:
    """Renames a SQLite file and what belongs to it, so that nothing is lost; its new name."""
    file = Path(shown(url))
    aside = unused_name(file, "damaged-")
    for suffix in ("", "-wal", "-shm"):
        part = file.with_name(file.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def shown(url: str | None) -> str:
    """The file of SQLite, else the address without its password."""
    if url is None:
        return "memory"
    address = make_url(url)
    if address.drivername == "sqlite" and address.database:
        return address.database
    return masked(address.render_as_string(hide_password=True))


@contextmanager
def refusing(url: str | None) -> Iterator[None]:
    """Says in one sentence what is wrong with a database.

    Raises:
        DamagedDatabase: What is in the file is no database any more.
        StorageError: It cannot be used for another reason.
    """
    try:
        yield
    except UnicodeDecodeError as error:  # a name of a table or column is overwritten
        raise DamagedDatabase(url, str(error)) from error
    except (SQLAlchemyError, StorageInternalError, RuntimeError) as error:
        cause = error.__cause__ if isinstance(error, StorageInternalError) else error
        reason = str(getattr(cause, "orig", cause)).strip().rstrip(".")
        if type(cause) is DatabaseError or _is_damage(reason):
            raise DamagedDatabase(url, reason) from error
        raise StorageError(_sentence(url, reason)) from error


@contextmanager
def reading(url: str | None) -> Iterator[None]:
    """The same where Optuna reads: what it cannot make sense of is damage, too."""
    try:
        with refusing(url):
            yield
    except (LookupError, ValueError, AssertionError, TypeError, AttributeError) as error:
        told = str(error).partition("\n")[0]
        raise DamagedDatabase(url, f"{type(error).__name__}: {told:.100}") from error


def _is_damage(reason: str) -> bool:
    """Whether an error of operation is one of content; SQLite reports both alike."""
    signs = ("could not decode to utf-8", "malformed", "no such table", "no such column")
    return reason.lower().startswith(signs)


def _sentence(url: str | None, reason: str) -> str:
    return (
        f"the trials cannot be kept in {shown(url)}: {reason} "
        "(move the file away, or choose another place with --directory)"
    )
