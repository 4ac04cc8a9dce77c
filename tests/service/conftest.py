"""Databases that are ready, and what the small study finds without any of this."""

import sys
from pathlib import Path

import pytest
from postgres_server import postgres_server

from tuner.run import run_study
from tuner.search.storage import create_storage
from tuner.sharing.database import Database
from tuner.workspace import Workspace

# Tests are no package; what they share lies beside them.
sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "training")]

from workers import Evaluations, small_study  # found by the line above


@pytest.fixture(scope="session")
def postgres():
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """A database of each kind that is ready."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'shared.db'}"
    else:
        server = request.getfixturevalue("postgres")
        address = server.create_database(f"t{abs(hash(str(tmp_path))) % 10**12}")
    with Database(address) as database:
        database.create(lambda: create_storage(address))
    return address


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
