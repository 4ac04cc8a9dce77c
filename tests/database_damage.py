"""Damages Optuna's SQLite database as no program of ours does."""

import gc
import sqlite3
from contextlib import closing


def write_back(file):
    """Moves all that is in the write-ahead log into the file, so that damage to it is seen."""
    gc.collect()  # closes connections that are not used any more
    with closing(sqlite3.connect(file)) as database:
        busy, *_ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert not busy


def execute(statement):
    """A damage by one statement."""

    def damage(file):
        with closing(sqlite3.connect(file)) as database, database:
            database.execute(statement)

    return damage


def replaced_by_text(file):
    file.write_text("a letter to my aunt " * 99)


def cut_in_half(file):
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def overwritten(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :: 97] = b"\xff" * len(content[len(content) // 2 :: 97])
    file.write_bytes(content)
