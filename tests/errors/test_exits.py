import errno
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Event

import pytest

from tuner.cli import main
from tuner.errors import StorageError, StudyFileError, exits
from tuner.errors.exits import exit_codes, requests_to_end

REQUESTS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Unreadable:
    """Finds every module, and may read none."""

    def __init__(self, refused):
        self.refused = refused

    def find_spec(self, *_):
        raise self.refused


@pytest.fixture(autouse=True)
def own_signals():
    before = {number: signal.getsignal(number) for number in REQUESTS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def ending(monkeypatch, capsys):
    """What a command that raises something says, and its exit code."""

    def end(raised, *words):
        monkeypatch.setattr(sys, "argv", ["/usr/bin/tuner", *words])
        with pytest.raises(SystemExit) as ended, exit_codes():
            raise raised
        return ended.value.code, capsys.readouterr().err

    return end


def test_what_works_ends_with_nothing_said(capsys):
    with exit_codes():
        pass
    assert capsys.readouterr().err == ""


def test_what_the_user_can_fix_is_said_without_a_traceback(ending):
    assert ending(StorageError("no room")) == (1, "tuner: no room\n")


def test_all_mistakes_of_a_study_file_are_said(ending):
    code, said = ending(StudyFileError(("x.yaml:1: one", "x.yaml:2: two")))
    assert (code, said) == (1, "tuner: x.yaml:1: one\nx.yaml:2: two\n")


def test_an_interrupt_names_the_command_that_goes_on(ending):
    code, said = ending(KeyboardInterrupt(), "run", "--study", "my study.yaml", "--restart")
    assert code == 130
    assert said == (
        "tuner: interrupted; nothing is lost, go on with: tuner run --study 'my study.yaml'\n"
    )


def test_a_bug_leaves_a_log_with_command_and_traceback(ending, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code, said = ending(ZeroDivisionError("planted"), "show", "--study", "x")
    assert code == 3
    assert said.startswith("tuner: this is a bug in tuner (ZeroDivisionError: planted); details in")
    log = Path(said.split()[-1])
    assert log.parent == tmp_path
    assert log.read_text().startswith("tuner show --study x\n\nTraceback (most recent call last)")
    assert log.read_text().endswith("ZeroDivisionError: planted\n")


def test_a_bug_where_no_log_can_be_written_is_said_all_the_same(ending, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    code, said = ending(ZeroDivisionError("planted"))
    assert code == 3
    assert said.endswith("its details could not be written (No such file or directory)\n")


@pytest.mark.parametrize(
    "number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EFBIG]
)
def test_what_a_disk_refuses_is_no_bug(number, ending):
    code, said = ending(OSError(number, os.strerror(number), "/data/cache"), "plan", "-s", "x")
    assert code == 1
    assert said == f"tuner: /data/cache: {os.strerror(number)}; then go on with: tuner plan -s x\n"


@pytest.mark.parametrize(
    "lack",
    [
        MemoryError(),
        OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        RuntimeError("can't start new thread"),
    ],
)
def test_a_lack_of_memory_is_no_bug(lack, ending):
    code, said = ending(lack, "run", "-s", "x")
    assert code == 1
    assert said == "tuner: out of memory; make room, then go on with: tuner run -s x\n"


def test_what_a_closed_terminal_refuses_while_a_command_ends_is_no_bug(ending):
    refused = OSError(errno.EIO, os.strerror(errno.EIO))
    refused.__context__ = KeyboardInterrupt()
    assert ending(refused, "run")[0] == 130


def test_a_module_that_cannot_be_read_is_no_bug(ending):
    code, said = ending(ModuleNotFoundError("No module named 'numpy.linalg'"), "run")
    told = "it is not installed, or this account may not read its files"
    assert (code, said) == (1, f"tuner: No module named 'numpy.linalg': {told}\n")


def test_a_command_whose_own_files_may_not_be_read_names_the_file(capsys, monkeypatch):
    refused = PermissionError(errno.EACCES, "Permission denied", "/lib/tuner/cli/commands.py")
    monkeypatch.setattr(sys, "argv", ["tuner", "plan"])
    monkeypatch.delitem(sys.modules, "tuner.cli.commands", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Unreadable(refused)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("tuner: /lib/tuner/cli/commands.py: Permission deni")


def test_a_signal_that_is_ignored_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `nohup` does
    with exit_codes():
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert set(requests_to_end()) == {signal.SIGTERM, signal.SIGINT}


def test_an_error_of_the_disk_may_have_no_file(ending):
    code, said = ending(OSError(errno.ENOSPC, "No space left on device"), "run")
    assert (code, said) == (1, "tuner: No space left on device; then go on with: tuner run\n")


def test_other_errors_of_the_system_are_bugs(ending):
    assert ending(OSError(errno.EBADF, "Bad file descriptor"))[0] == 3


def test_an_exit_of_its_own_is_left_alone(ending):
    assert ending(SystemExit(7)) == (7, "")


SCRIPT = """
import signal, sys
from tuner.errors.exits import exit_codes

@exit_codes()
def command():
    print("ready", flush=True)
    signal.pause()

command()
"""


@pytest.mark.parametrize("number", REQUESTS)
def test_signals_end_a_process_with_130(number):
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, "run"], stdout=-1, stderr=-1, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said == "tuner: interrupted; nothing is lost, go on with: tuner run\n"


def test_an_end_that_takes_its_time_is_acknowledged_before(monkeypatch, capsys):
    said = Event()
    monkeypatch.setattr(exits, "ACKNOWLEDGED_AFTER", 0.01)
    monkeypatch.setattr(exits, "_acknowledge", said.set)

    @exit_codes()
    def command():
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            assert said.wait(30)  # as a script that ignores its request to end

    with pytest.raises(SystemExit):
        command()
    assert "interrupted; nothing is lost" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_mistake():
    exits = "from tuner.errors.exits import exit_codes"
    talks = f"{exits}\nwith exit_codes():\n  while True: print('y' * 999)"
    talker = subprocess.Popen([sys.executable, "-c", talks], stdout=-1, stderr=-1, text=True)
    with talker:
        talker.stdout.readline()
        talker.stdout.close()
        said = talker.stderr.read()
    assert (talker.returncode, said) == (0, "")


def shell(line, *arguments):
    """A shell's line with the tuner, whose outputs are as the line says."""
    command = f"{sys.executable} -m tuner {line}"
    return subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, check=False, errors="replace"
    )


def test_a_closed_output_is_no_error():
    assert shell("studies >&-").returncode == 0
    ended = shell("show --study nothing-of-the-kind 2>&-")
    assert (ended.returncode, ended.stdout) == (1, "")


def test_a_full_output_is_one_sentence():
    ended = shell("studies > /dev/full")
    assert ended.returncode == 1
    assert ended.stderr.startswith("tuner: No space left on device; then go on with: tuner")


def test_a_name_that_is_not_utf8_can_be_said(ending):
    code, said = ending(StorageError(f"{os.fsdecode(b'gray' + bytes([0xE9]))}.jpg: no room"))
    assert (code, said) == (1, "tuner: gray\\udce9.jpg: no room\n")


def test_a_program_beside_the_study_logs_its_bugs_without_passwords():
    program = (
        "from tuner.errors.exits import mask_tracebacks; mask_tracebacks()\n"
        "raise ValueError('cannot reach postgresql://me:hush@h/db')"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert b"cannot reach postgresql://me:***@h/db" in ended.stderr
    assert b"hush" not in ended.stderr.replace(program.encode(), b"")
