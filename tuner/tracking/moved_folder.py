"""Mends MLflow's SQLite file after its folder was moved or copied.

MLflow writes absolute paths of its artifacts into the database. After a move they lead to where the
folder was: pictures are broken, and new ones go to the old place.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

ARTIFACTS = "mlruns"
PATHS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
)
"""Tables and columns with paths of artifacts."""


def mend_moved_paths(database: Path) -> None:
    """Lets the paths of a database lead to the artifacts beside it, where those are the same runs.

    Artifacts that never lay beside the database stay where they are.

    Raises:
        OSError: The database is in use, or cannot be written.
    """
    try:
        with closing(sqlite3.connect(database, timeout=20.0)) as opened, opened:
            for old in sorted(set(_moved_roots(opened, database.parent.absolute()))):
                _replace_root(opened, old, str(database.parent.absolute() / ARTIFACTS))
    except sqlite3.OperationalError as error:
        raise OSError(
            f"{database}: its folder was moved, and the paths in it cannot be mended ({error})"
        ) from error


def _moved_roots(opened: sqlite3.Connection, home: Path) -> Iterator[str]:
    """Folders of artifacts that now lie beside the database."""
    rows = opened.execute(
        "SELECT e.artifact_location, r.run_uuid FROM experiments e "
        "JOIN runs r ON r.experiment_id = e.experiment_id"
    )
    for location, run in rows:
        root, _, experiment = str(location).rpartition("/")
        moved = root.endswith(f"/{ARTIFACTS}") and root != str(home / ARTIFACTS)
        if moved and (home / ARTIFACTS / experiment / run).is_dir():
            yield root


def _replace_root(opened: sqlite3.Connection, old: str, new: str) -> None:
    for table, column in PATHS:
        opened.execute(
            f"UPDATE {table} SET {column} = ? || substr({column}, ?) "  # noqa: S608 - our own names
            f"WHERE substr({column}, 1, ?) = ?",
            (new, len(old) + 1, len(old) + 1, f"{old}/"),
        )
