import subprocess
import sys
from threading import Event

import pytest

from tuner.errors import is_lack_of_memory, threads
from tuner.errors.threads import Thread

WITHOUT_MEMORY = """
import resource, sys
from pathlib import Path
from threading import Thread as Plain
from tuner.errors import is_lack_of_memory
from tuner.errors.threads import Thread
first = Plain(target=str)
first.start(), first.join()  # its stack is kept for the next thread
pages = int(Path("/proc/self/statm").read_text().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize(), -1))
try:
    Thread(print, ["called"]).start()
except Exception as error:
    sys.exit(7 if is_lack_of_memory(error) else 8)
"""


class Stillborn(Thread):
    """Dies as a thread does for which Python cannot make its first frame."""

    def _bootstrap(self):
        raise MemoryError


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(threads, "LOOK", 0.01)


def test_a_thread_does_what_it_is_asked_and_has_begun_once_start_returns():
    done = []
    thread = Thread(done.append, [3], "three")
    thread.start()
    thread.join()
    assert (done, thread.name, thread.daemon) == ([3], "three", True)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_thread_that_dies_before_its_first_line_is_not_waited_for():
    called = []
    with pytest.raises(MemoryError) as raised:
        Stillborn(called.append, [1]).start(patience=0.05)
    assert is_lack_of_memory(raised.value)
    assert not called


def test_a_thread_that_comes_too_late_does_nothing():
    called, may_begin = [], Event()

    class Late(Thread):
        def run(self):
            may_begin.wait(60)
            super().run()

    late = Late(called.append, [1])
    with pytest.raises(MemoryError):
        late.start(patience=0.01)
    may_begin.set()
    late.join()
    assert not called


def test_without_memory_a_thread_is_refused_at_once_and_without_a_word():
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_MEMORY], capture_output=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (7, b"", b"")
