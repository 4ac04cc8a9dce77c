"""Databases that several workers share: a file, and a real PostgreSQL."""

import pytest
from postgres_server import postgres_server

from tuner.search.storage import create_storage
from tuner.sharing.database import Database


@pytest.fixture(scope="session")
def postgres():
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'shared.db'}"
    server = request.getfixturevalue("postgres")
    return server.create_database(f"t{abs(hash(str(tmp_path))) % 10**12}")


@pytest.fixture
def database(url):
    """With its tables."""
    with Database(url) as made:
        made.create(lambda: create_storage(url))
        yield made
