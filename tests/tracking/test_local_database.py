import shutil
import sqlite3
from contextlib import closing

import pytest

from tuner.tracking import local_database
from tuner.tracking.client import TrackingClient
from tuner.tracking.environment import logging_to
from tuner.tracking.local_database import one_at_a_time, set_unfinished_aside


@pytest.fixture(autouse=True)
def quiet(tmp_path):
    with logging_to(tmp_path / "mlflow.log"):
        yield


@pytest.fixture
def file(tmp_path):
    return tmp_path / "mlflow.db"


def tables(file):
    with closing(sqlite3.connect(file)) as database:
        return {name for (name,) in database.execute("SELECT name FROM sqlite_master")}


@pytest.fixture
def made_from_a_copy(monkeypatch, empty_database):
    """MLflow's tables in no time."""
    monkeypatch.setattr(
        local_database, "_make_tables", lambda draft: shutil.copy(empty_database, draft)
    )


def test_a_killed_process_leaves_no_half_database(file, monkeypatch, empty_database):
    def half(draft):
        with closing(sqlite3.connect(draft)) as database:
            database.execute("CREATE TABLE registered_models (name TEXT)")
        raise KeyboardInterrupt

    monkeypatch.setattr(local_database, "_make_tables", half)
    with pytest.raises(KeyboardInterrupt), one_at_a_time(f"sqlite:///{file}"):
        pytest.fail("there is no database yet")
    assert not file.exists()
    (file.parent / ".mlflow.db.0123.draft").write_text("by a process that was killed")
    monkeypatch.undo()
    with one_at_a_time(f"sqlite:///{file}"):
        assert tables(file) == tables(empty_database)
    assert not list(file.parent.glob(".*draft*"))


@pytest.mark.parametrize("table", ["registered_models", "experiments", "alembic_version"])
def test_an_unfinished_database_is_set_aside_and_made_again(file, made_from_a_copy, table):
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"CREATE TABLE {table} (name TEXT)")
    assert TrackingClient(f"sqlite:///{file}", "study", "uid").experiment_id
    assert table in tables(file.with_name("mlflow.db.unfinished-1"))
    assert "runs" in tables(file)


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE letters (text TEXT)"],
        ["CREATE TABLE experiments (name TEXT)", "CREATE TABLE runs (name TEXT)",
         "INSERT INTO runs VALUES ('mine')"],
    ],
)  # fmt: skip
def test_what_others_have_made_stays(file, statements):
    with closing(sqlite3.connect(file)) as database, database:
        for statement in statements:
            database.execute(statement)
    assert set_unfinished_aside(f"sqlite:///{file}") is None
    assert file.exists()


@pytest.mark.parametrize("content", [b"", b"no database"])
def test_what_is_no_database_stays(file, content):
    file.write_bytes(content)
    assert set_unfinished_aside(f"sqlite:///{file}") is None


def test_a_server_has_no_file(tmp_path):
    assert set_unfinished_aside("http://localhost:5000") is None
    with one_at_a_time("http://localhost:5000"):
        assert not list(tmp_path.glob("*.db"))
