"""Nothing here sleeps: what has to have happened is told by a pipe."""

import os
import subprocess
import sys

import psutil
import pytest

from tuner.external.process_tree import end_process_tree

WAIT = "import signal; print('ready', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WAIT


@pytest.fixture
def start():
    """Starts a Python process that says when it is ready; ends whatever is left."""
    started = []

    def one(code, out, **options):
        process = subprocess.Popen(
            [sys.executable, "-c", code], env={**os.environ, "TUNER_OUT": out},
            stdout=subprocess.PIPE, text=True, start_new_session=True, **options,
        )  # fmt: skip
        started.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield one
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_nothing_is_ended_where_there_is_nothing(tmp_path):
    assert end_process_tree(str(tmp_path)) == 0


def test_a_process_that_left_its_group_is_found_by_its_environment(start, tmp_path):
    process = start(WAIT, str(tmp_path))
    assert end_process_tree(str(tmp_path)) == 1
    assert not psutil.pid_exists(process.pid)


def test_others_are_left_alone(start, tmp_path):
    process = start(WAIT, str(tmp_path / "other"))
    assert end_process_tree(str(tmp_path)) == 0
    assert process.poll() is None


def test_a_process_that_ignores_the_request_is_killed(start, tmp_path):
    process = start(STUBBORN, str(tmp_path))
    assert end_process_tree(str(tmp_path), grace=0.05) == 1
    assert not psutil.pid_exists(process.pid)


def test_a_group_is_ended_also_where_the_environment_is_another(start, tmp_path):
    process = start(WAIT, "elsewhere")
    assert end_process_tree(str(tmp_path), group=process.pid) == 1
    assert not psutil.pid_exists(process.pid)


def test_a_process_that_ended_by_itself_is_no_member(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""], env={"TUNER_OUT": str(tmp_path)})
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # ended, and not yet waited for
    assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
    assert end_process_tree(str(tmp_path)) == 0
    process.wait()


def test_two_looks_are_enough_where_nothing_was_left(tmp_path, monkeypatch):
    looks = []
    monkeypatch.setattr(psutil, "process_iter", lambda: looks.append(1) or [])
    assert end_process_tree(str(tmp_path)) == 0
    assert len(looks) == 2
