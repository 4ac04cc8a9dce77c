import http.server
import os
import socket
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from threading import Thread

import pytest

from tuner.errors import StorageError, StudyNotFound
from tuner.tracking import server
from tuner.tracking.landing import PATH, _landing_page
from tuner.tracking.server import Page, free_port, page_of, running_server, serve

pytestmark = pytest.mark.xdist_group("server")
"""One after the other: side by side they would look for a free port at the same moment."""

PORT = 20_000 + os.getpid() % 10_000
"""Where two runs of these tests do not meet."""

STUBBORN = """#!{python}
import http.server, os, signal, sys
signal.signal(signal.SIGTERM, {reaction})
port = int(sys.argv[sys.argv.index("--port") + 1])
open("server.txt", "w").write(f"{{os.getpid()}} {{' '.join(sys.argv[1:])}}")
open("store.txt", "w").write(os.environ["MLFLOW_BACKEND_STORE_URI"])
handler = http.server.BaseHTTPRequestHandler
handler.do_GET = lambda self: (self.send_response(200), self.end_headers())
http.server.HTTPServer(("127.0.0.1", port), handler).serve_forever()
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Makes a program that stands in for Python with MLflow's server."""

    def make(text, reaction="signal.SIG_DFL"):
        program = tmp_path / "program"
        program.write_text(text.format(python=sys.executable, reaction=reaction))
        program.chmod(0o755)
        monkeypatch.setattr("tuner.tracking.server.sys.executable", str(program))

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return make


def answers(base):
    try:
        with urllib.request.urlopen(base, timeout=5) as reply:
            return reply.status == 200
    except urllib.error.URLError:
        return False


@contextmanager
def port_in_use():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_free_port_is_taken_as_asked():
    with port_in_use() as port:
        pass
    assert free_port(port) == port


def test_a_port_in_use_is_passed_over():
    with port_in_use() as port:
        assert port < free_port(port) < port + 50


def test_no_free_port_is_one_sentence(monkeypatch):
    monkeypatch.setattr(server, "PORTS_TO_TRY", 1)
    with port_in_use() as port, pytest.raises(StorageError) as refused:
        free_port(port)
    assert str(refused.value) == f"--port {port}: none of the 1 ports from it on is free"


def test_there_are_no_ports_beyond_the_last():
    with pytest.raises(StorageError, match="--port 65536: none"):
        free_port(65536)


def test_the_page_of_a_study_is_its_leaderboard(kept_study):
    folder, _ = kept_study[:2]
    page, report = page_of(folder), kept_study[2]
    assert page.anywhere.startswith("/#/experiments/")
    assert "workflowType=machine_learning" in page.anywhere
    assert page == Page(report.link_path, f"/leaderboard?experiment={report.experiment_id}")


def test_a_study_that_was_never_run_has_no_page(tmp_path):
    with pytest.raises(StudyNotFound, match="nothing is recorded here"):
        page_of(tmp_path / "sepia-fix")


def test_a_study_that_mlflow_does_not_have_has_no_page_yet(study_folder):
    with pytest.raises(StorageError) as refused:
        page_of(study_folder)
    assert str(refused.value) == (
        "MLflow has nothing of 'sepia-fix' yet (send it: tuner sync --study sepia-fix "
        f"--directory {study_folder.parent.parent})"
    )


def test_a_server_elsewhere_is_only_linked_to(tmp_path, monkeypatch):
    said, opened = [], []

    def unreachable(*_args, **_more):
        raise urllib.error.URLError("unknown host")

    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example:5000/")
    monkeypatch.setattr("webbrowser.open", opened.append)
    serve(tmp_path, Page("/#/experiments/1"), 5000, open_browser=False, say=said.append)
    assert (said, opened) == (["http://mlflow.example:5000/#/experiments/1"], [])
    serve(tmp_path, Page(), 5000, open_browser=True, say=said.append)
    assert opened == ["http://mlflow.example:5000/"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("pages", "opened"),
    [
        ({PATH: _landing_page()}, "/leaderboard?experiment=7"),
        ({PATH: "<title>Log in</title>"}, "/#/experiments/7"),
        ({}, "/#/experiments/7"),
    ],
    ids=["of docker-compose.yml", "behind a login", "of MLflow alone"],
)
def test_a_server_elsewhere_opens_on_our_page_where_it_has_one(
    tmp_path, monkeypatch, pages, opened
):
    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path in pages else 404)
            self.end_headers()
            self.wfile.write(pages.get(self.path, "").encode())

        def log_message(self, *_words):
            pass

    said = []
    page = Page("/#/experiments/7", f"{PATH}?experiment=7")
    with http.server.HTTPServer(("127.0.0.1", 0), Pages) as elsewhere:
        Thread(target=elsewhere.handle_request, daemon=True).start()
        base = f"http://127.0.0.1:{elsewhere.server_port}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", base)
        serve(tmp_path, page, 5000, open_browser=False, say=said.append)
    assert said == [base + opened]


def test_a_server_of_ours_lives_until_control_c(stand_in, tmp_path, monkeypatch):
    def control_c():
        assert answers(said[0])
        raise KeyboardInterrupt

    stand_in(STUBBORN)
    said = []
    monkeypatch.setattr(server, "_until_interrupted", control_c)
    with pytest.raises(KeyboardInterrupt):
        serve(tmp_path, Page(), PORT, open_browser=False, say=said.append)
    assert said[1:] == ["MLflow runs until Ctrl-C"]
    assert not answers(said[0])


def test_the_server_gets_the_store_of_the_working_directory(stand_in, tmp_path, monkeypatch):
    stand_in(STUBBORN)
    with running_server(tmp_path, PORT):
        words = (tmp_path / "server.txt").read_text()
    assert (tmp_path / "store.txt").read_text() == f"sqlite:///{tmp_path}/mlflow.db"
    assert "--host 127.0.0.1" in words
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://me:secret@h/mlflow")
    with running_server(tmp_path, PORT):
        assert (tmp_path / "store.txt").read_text() == "postgresql://me:secret@h/mlflow"
        assert "secret" not in (tmp_path / "server.txt").read_text()


def test_a_server_that_does_not_want_to_end_is_ended(stand_in, tmp_path, monkeypatch):
    monkeypatch.setattr(server, "STOP_SECONDS", 0.1)
    stand_in(STUBBORN, reaction="signal.SIG_IGN")
    with running_server(tmp_path, PORT) as base:
        assert answers(base)
        pid = int((tmp_path / "server.txt").read_text().split()[0])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_server_that_does_not_start_names_its_log(stand_in, tmp_path):
    stand_in("#!{python}\nprint('no such table: {reaction}')\nraise SystemExit(1)")
    with pytest.raises(StorageError) as refused, running_server(tmp_path, PORT):
        pass
    log = tmp_path / "tuner-runs" / "mlflow-server.log"
    end = "no such table: signal.SIG_DFL"
    assert str(refused.value) == f"MLflow's server did not start; {log} ends with: {end}"
    assert log.read_text().startswith("no such table")


def test_a_port_that_another_program_takes_first_is_passed_over(stand_in, tmp_path, monkeypatch):
    stand_in(STUBBORN)
    with port_in_use() as port:
        looked_free = iter([port])
        monkeypatch.setattr(
            server, "free_port", lambda first: next(looked_free, None) or free_port(first)
        )
        with running_server(tmp_path, port) as base:
            assert answers(base)
    assert base != f"http://127.0.0.1:{port}"


def test_the_log_of_the_server_has_no_password(stand_in, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://me:hush@h/db")
    stand_in('#!/bin/sh\necho "cannot reach $MLFLOW_BACKEND_STORE_URI"\n')
    with pytest.raises(StorageError), running_server(tmp_path, PORT):
        pass
    log = tmp_path / "tuner-runs" / "mlflow-server.log"
    assert log.read_text() == "cannot reach postgresql://me:***@h/db\n"
