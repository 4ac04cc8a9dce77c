import os
import signal
import sys
from threading import Timer

import pytest

from tuner.distributed import supervisor as door
from tuner.distributed.supervisor import ProcessSpec, Supervisor


def process_spec(code, name="worker", *, serves=True):
    return ProcessSpec(name, [sys.executable, "-c", code], {"MARK": "here"}, serves=serves)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(door, "TICK", 0.02)
    monkeypatch.setattr(door, "PAUSES", (0.05,))
    monkeypatch.setattr(door, "AT_ONCE", 0.5)


def supervise(*process_specs, signals=()):
    """What was said, and whether it was drained; signals come once a child has said `up`."""
    said = []

    def say(sentence):
        said.append(sentence)
        for number, after in signals:
            if "began" in sentence and len(said) == len(process_specs):
                Timer(after, os.kill, (os.getpid(), number)).start()

    return said, Supervisor(process_specs, say).run()


def test_it_ends_when_all_workers_have_left(quick):
    said, drained = supervise(process_spec("import os; assert os.environ['MARK'] == 'here'"))
    assert not drained
    assert said[-1] == "worker is done"


def test_a_process_that_dies_is_started_again(quick, tmp_path):
    once = tmp_path / "once"
    code = f"import os, pathlib; once = pathlib.Path({str(once)!r}); "
    said, _ = supervise(process_spec(f"{code}once.exists() or (once.touch(), os._exit(3))"))
    began = [sentence for sentence in said if sentence.startswith("worker began")]
    assert len(began) == 2
    assert "worker died (exit code 3); it begins again in 0 s" in said


def test_the_syncer_is_let_go_when_the_workers_have_left(quick):
    waiting = "import signal; signal.pause()"
    said, drained = supervise(process_spec(waiting, "sync", serves=False), process_spec("pass"))
    assert not drained
    assert "worker is done" in said


def test_a_signal_drains(quick):
    obeying = "import signal; signal.signal(15, lambda *_: exit(0)); signal.pause()"
    said, drained = supervise(process_spec(obeying), signals=[(signal.SIGTERM, 0.5)])
    assert drained
    assert said[-1].startswith("draining: ")


def test_a_second_signal_kills_processes_that_do_not_obey(quick):
    before = signal.getsignal(signal.SIGTERM)
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
    signals = [(signal.SIGINT, 0.5), (signal.SIGINT, 1.0)]
    _, drained = supervise(process_spec(deaf), signals=signals)
    assert drained
    assert signal.getsignal(signal.SIGTERM) == before
