"""MLflow's SQLite file: it is there with all its tables, or not at all.

MLflow makes its tables in many steps. A process that is killed meanwhile leaves a file that MLflow
refuses for ever. So a new file is made under another name and moved into place when it is whole.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote

from filelock import FileLock

from tuner.files.atomic import draft_of, unused_name
from tuner.tracking.moved_folder import mend_moved_paths

SCHEME = "sqlite:///"
SIGNS = {"experiments", "registered_models", "alembic_version"}
"""Tables that MLflow makes first."""


@contextmanager
def one_at_a_time(uri: str) -> Iterator[None]:
    """Makes MLflow's SQLite file where there is none, and keeps other processes out meanwhile.

    Two processes that open an empty database at once break each other's migrations. A file whose
    folder was moved is mended.
    """
    file = _file_of(uri)
    if file is None:
        yield
        return
    with FileLock(file.with_name(f".{file.name}.lock"), timeout=60):
        make_local_database(uri)
        if not _is_unfinished(file):
            mend_moved_paths(file)
        yield


def make_local_database(uri: str) -> None:
    """Makes MLflow's SQLite file where there is none; no other process may do so meanwhile."""
    file = _file_of(uri)
    if file is None or (file.exists() and file.stat().st_size):
        return
    for left in file.parent.glob(f".{file.name}.*.draft*"):
        left.unlink(missing_ok=True)  # by a process that was killed: nothing else holds the lock
    with draft_of(file) as draft:
        _make_tables(draft)


def set_unfinished_aside(uri: str) -> Path | None:
    """Renames a file in which MLflow has begun its tables, and that holds no run.

    Returns:
        Its new name; None where there is no such file.
    """
    file = _file_of(uri)
    if file is None or not _is_unfinished(file):
        return None
    _forget_connections(uri)
    return file.rename(unused_name(file, "unfinished-"))


def _make_tables(file: Path) -> None:
    from mlflow.tracking import MlflowClient

    uri = f"{SCHEME}{file}"
    MlflowClient(tracking_uri=uri).search_experiments()
    _forget_connections(uri)


def _forget_connections(uri: str) -> None:
    """Closes what MLflow keeps open of a file, which goes on with the file under its new name."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    engine = SqlAlchemyStore._engine_map.pop(uri, None)  # noqa: SLF001 - no public form
    if engine is not None:
        engine.dispose()


def _is_unfinished(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
            names = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            if "runs" in names and database.execute("SELECT 1 FROM runs LIMIT 1").fetchone():
                return False
    except sqlite3.Error:
        return False
    return bool(names & SIGNS)


def _file_of(uri: str) -> Path | None:
    return Path(unquote(uri.removeprefix(SCHEME))) if uri.startswith(SCHEME) else None
