"""Databases that several workers share: a file, and a real PostgreSQL; and the small study."""

import sys
from pathlib import Path

import pytest
from postgres_server import postgres_server

from tuner.distributed.database import Database
from tuner.journal.workspace import Workspace
from tuner.runner.run import run_study
from tuner.search.optuna_database import create_storage

# Tests are no package; what they share lies beside them.
sys.path.append(str(Path(__file__).parent))

from workers import Evaluations, small_study  # found by the line above


@pytest.fixture(scope="session")
def postgres():
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'shared.db'}"
    server = request.getfixturevalue("postgres")
    return server.create_database(f"t{abs(hash(str(tmp_path))) % 10**12}")


@pytest.fixture
def url(empty_url):
    """A database of each kind that has its tables."""
    with Database(empty_url) as database:
        database.create(lambda: create_storage(empty_url))
    return empty_url


@pytest.fixture
def database(url):
    with Database(url) as opened:
        yield opened


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.fixture(scope="session")
def alone():
    """What the small study finds where one process does everything."""
    return run_study(small_study(), evaluate=Evaluations())
