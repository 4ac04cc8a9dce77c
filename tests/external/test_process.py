"""Commands that crash, hang, flood, ignore signals and leave children behind.

Nothing here sleeps: a command that has to be running says so in its output.
"""

import errno
import os
import re
import sys
import time

import psutil
import pytest

from tuner.errors.threads import Thread
from tuner.external import output
from tuner.external.failure import TrialFailed
from tuner.external.process import Command, ProcessEnded, StopSignal, run_command

FOREVER = "import signal; print('ready', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + FOREVER
CHILD = (
    "import subprocess, sys; "
    "child = subprocess.Popen([sys.executable, '-c', {code!r}], start_new_session={leaves}); "
    "print('child', child.pid, flush=True); {then}"
)


@pytest.fixture
def command(tmp_path):
    def of(code, **environment):
        return Command(
            [sys.executable, "-c", code], tmp_path,
            {**os.environ, "TUNER_OUT": str(tmp_path / "ö ut"), **environment},
            tmp_path / "output.log",
        )  # fmt: skip

    return of


def failure(*arguments, **options):
    with pytest.raises(TrialFailed) as failed:
        run_command(*arguments, **options)
    return failed.value


def members(out):
    """Processes that are still there and belong to the trial."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TUNER_OUT") == out:
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture(autouse=True)
def no_process_is_left(tmp_path):
    yield
    assert members(str(tmp_path / "ö ut")) == []


def test_what_it_prints_is_kept(command, tmp_path):
    run_command(command("import sys; print('ä'); print('no', file=sys.stderr)"), StopSignal())
    assert sorted((tmp_path / "output.log").read_text("utf-8").split()) == ["no", "ä"]


def test_a_crash_is_told_with_the_last_lines(command):
    failed = failure(command("print('step 7'); raise ValueError('loss is nan')"), StopSignal())
    assert re.fullmatch(
        r"'python\S* -c' ended with exit code 1 after \d+\.\d+ s; its last line: ValueError: loss "
        r"is nan",
        failed.reason,
    )
    assert failed.last_lines[0] == "step 7"


def test_a_silent_crash_is_told_too(command):
    failed = failure(command("import os; os._exit(3)"), StopSignal())
    assert "ended with exit code 3" in failed.reason
    assert failed.reason.endswith("it printed nothing")


def test_a_process_that_is_killed_gives_a_hint(command):
    failed = failure(command("import os; os.kill(os.getpid(), 9)"), StopSignal())
    assert "was ended by SIGKILL (out of memory?)" in failed.reason


def test_a_program_that_is_not_there_is_told(command, tmp_path):
    missing = Command(["no-such-program"], tmp_path, {"TUNER_OUT": "x"}, tmp_path / "log")
    assert failure(missing, StopSignal()).reason == (
        "'no-such-program' cannot be started (No such file or directory)"
    )


@pytest.mark.parametrize(("code", "grace"), [(FOREVER, 10.0), (STUBBORN, 0.05)])
def test_what_hangs_is_ended_at_its_time_limit(command, code, grace):
    failed = failure(command(code), StopSignal(), deadline=time.monotonic() + 1.0, grace=grace)
    assert "reached its time limit and was ended after" in failed.reason
    assert set(failed.last_lines) <= {"ready"}


@pytest.mark.parametrize("leaves", [False, True])
@pytest.mark.parametrize("code", [FOREVER, STUBBORN])
def test_children_that_are_left_behind_are_ended(command, tmp_path, leaves, code):
    run_command(command(CHILD.format(code=code, leaves=leaves, then="")), StopSignal(), grace=0.05)
    child = int((tmp_path / "output.log").read_text().split("child ")[1].split()[0])
    gone = not psutil.pid_exists(child)
    assert gone or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("code", [FOREVER, CHILD.format(code=STUBBORN, leaves=True, then=FOREVER)])
def test_a_wish_to_stop_ends_all_that_runs(command, code):
    stop = StopSignal()

    def on_line(line):
        if line == "ready":
            stop.ask()

    with pytest.raises(ProcessEnded):
        run_command(command(code), stop, on_line=on_line, grace=0.05)


def test_after_the_wish_to_stop_nothing_is_begun(command, tmp_path):
    stop = StopSignal()
    stop.ask()
    with pytest.raises(ProcessEnded):
        run_command(command("open('ran', 'w')"), stop)
    assert not (tmp_path / "ran").exists()
    with pytest.raises(ProcessEnded):
        stop.check()


def test_a_flood_fills_neither_disk_nor_memory(command, tmp_path, monkeypatch):
    monkeypatch.setattr(output, "HEAD", 1000)
    monkeypatch.setattr(output, "TAIL", 1000)
    flood = "import sys\nfor i in range(300): sys.stdout.write('x' * 99999 + chr(10))\nprint('end')"
    run_command(command(flood), StopSignal())
    assert (tmp_path / "output.log").stat().st_size < 2100
    assert (tmp_path / "output.log").read_text().endswith("x\nend\n")


def test_the_pulse_beats_while_it_runs(command, tmp_path):
    waits = "import os\nwhile not os.path.exists('go'): pass\n"
    run_command(command(waits), StopSignal(), pulse=(tmp_path / "go").touch)


@pytest.mark.parametrize("started", [0, 1])
def test_where_no_thread_can_start_no_process_and_no_open_pipe_is_left(
    command, monkeypatch, started
):
    start, threads = Thread.start, []

    def start_some(thread):
        if len(threads) == started:
            raise MemoryError
        threads.append(thread)
        start(thread)

    monkeypatch.setattr(Thread, "start", start_some)
    before = psutil.Process().num_fds()
    with pytest.raises(MemoryError):
        run_command(command(FOREVER), StopSignal(), grace=0.1)
    assert psutil.Process().num_fds() == before


def test_a_system_without_memory_for_a_process_is_no_failed_trial(command, monkeypatch):
    def no_memory(*_, **__):
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr("subprocess.Popen", no_memory)
    with pytest.raises(OSError, match="allocate"):
        run_command(command("1"), StopSignal())
