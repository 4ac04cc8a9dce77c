"""Optuna's storages: opens and closes them, and says in one sentence what is wrong with one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, InMemoryStorage, RDBStorage
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from tuner.errors import StorageError
from tuner.search.connections import connect_args

TrialStorage = BaseStorage
"""Optuna's, of all studies in a database."""


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
        with refusing(url):
            optuna.delete_study(study_name=name, storage=storage)
        close_storage(storage)


def knows_study(url: str, name: str) -> bool:
    """Whether the database holds trials of a study."""
    storage = open_storage(url)
    with refusing(url):
        summaries = optuna.get_all_study_summaries(storage)
    close_storage(storage)
    return any(summary.study_name == name and summary.n_trials for summary in summaries)


def sqlite_url(path: Path) -> str:
    """The address of a SQLite file."""
    return f"sqlite:///{path}"


def _write_ahead(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _without_password(url: str | None) -> str:
    return make_url(url).render_as_string(hide_password=True) if url else "memory"


@contextmanager
def refusing(url: str | None) -> Iterator[None]:
    """Says in one sentence what is wrong with a database."""
    try:
        yield
    except (SQLAlchemyError, StorageInternalError, RuntimeError) as error:
        cause = error.__cause__ if isinstance(error, StorageInternalError) else error
        reason = str(getattr(cause, "orig", cause)).strip().rstrip(".")
        raise StorageError(
            f"the trials cannot be kept in {_without_password(url)}: {reason} "
            "(move the file away, or choose another place with --directory)"
        ) from error
