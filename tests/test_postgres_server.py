"""The PostgreSQL server that other tests use."""

import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import optuna
import postgres_server as module
import psutil
import psycopg
import pytest
from postgres_server import find_programs, postgres_server
from sqlalchemy.pool import NullPool


@pytest.fixture(scope="module")
def server():
    with postgres_server() as running:
        yield running


def connect(server, database):
    return psycopg.connect(server.url(database).replace("+psycopg", ""), connect_timeout=5)


def remember(server, database, number):
    with connect(server, database) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS numbers (number int)")
        connection.execute("INSERT INTO numbers VALUES (%s)", (number,))


def remembered(server, database):
    with connect(server, database) as connection:
        return [number for (number,) in connection.execute("SELECT number FROM numbers")]


def test_optuna_keeps_a_study_in_it(server):
    url = server.create_database("optuna")
    storage = optuna.storages.RDBStorage(url, engine_kwargs={"poolclass": NullPool})
    study = optuna.create_study(study_name="tiny", storage=storage)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    assert len(optuna.load_study(study_name="tiny", storage=storage).trials) == 2


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_was_committed_is_there_after_the_end_of_the_server(server, end):
    server.create_database(end)
    port = server.port
    remember(server, end, 7)
    getattr(server, end)()
    with pytest.raises(psycopg.OperationalError):
        connect(server, end)
    server.start()
    assert server.port == port
    assert remembered(server, end) == [7]


def test_two_servers_do_not_meet_and_leave_nothing_behind(server, tmp_path_factory):
    with postgres_server() as other:
        assert other.port != server.port
        folder = other._folder
        assert folder.exists()
        other.stop()
    assert not folder.exists()


KILLED = """
import os, signal
from postgres_server import postgres_server

with postgres_server() as server:
    print(server.data, (server.data / "postmaster.pid").read_text().split()[0], flush=True)
    os.killpg(0, signal.SIGKILL)
"""


def test_a_server_ends_with_the_process_that_started_it():
    words = [sys.executable, "-c", KILLED]
    ended = subprocess.run(
        words,
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    data, pid = ended.stdout.split()
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(pid)).wait(timeout=60)
    assert not Path(data).parent.exists()


def test_a_server_whose_port_is_taken_says_so(server):
    with postgres_server() as other:
        other.stop()
        other.port = server.port
        with pytest.raises(RuntimeError, match="Address already in use"):
            other.start()


def test_without_postgresql_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(module, "INSTALLED", tmp_path)
    with pytest.raises(FileNotFoundError, match="apt-get install postgresql"):
        find_programs()


def test_the_newest_version_is_taken(monkeypatch, tmp_path):
    for version in ("9", "15", "18"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "pg_ctl").touch()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(module, "INSTALLED", tmp_path)
    assert find_programs() == tmp_path / "18" / "bin"
