import json
import os
import sys
from pathlib import Path

import pytest
from sample_study import opened, trial

from tuner.results.events import TrialStarted
from tuner.tracking.process import MlflowProcess

FORWARDER = """#!{python}
import json, os, sys, time
from pathlib import Path
words = sys.argv[1:]
folder = Path(words[-2])
told = {{"words": words, "cwd": os.getcwd(), "session": os.getsid(0)}}
Path("told.json").write_text(json.dumps(told))
print("MLflow has much to say", flush=True)
deadline = time.monotonic() + 60
while not Path("release").exists() and time.monotonic() < deadline:
    time.sleep(0.01)
sys.exit(int(Path("release").read_text() or 0))
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A working directory whose forwarder waits for the file `release`, which has its exit code."""
    stub = tmp_path / "forwarder.py"
    stub.write_text(FORWARDER.format(python=sys.executable))
    stub.chmod(0o755)
    monkeypatch.setattr("tuner.tracking.process.sys.executable", str(stub))
    (tmp_path / "study").mkdir()
    return tmp_path


def release(home, code=0):
    whole = home / "whole"
    whole.write_text(str(code))
    whole.rename(home / "release")  # at once: an empty file would read as 0


def test_nothing_is_started_before_the_study_is_opened(home):
    with MlflowProcess(home / "study", home) as feed:
        feed(TrialStarted(trial=trial(0)))
        assert feed.drain()
    assert not (home / "study" / "mlflow.log").exists()


def test_the_forwarder_gets_the_folder_and_the_training_process(home):
    release(home)
    with MlflowProcess(home / "study", home) as feed:
        feed(opened())
    told = json.loads((home / "told.json").read_text())
    assert told["words"] == [
        "-P", "-m", "tuner.tracking.program", str(home / "study"), str(os.getpid())
    ]  # fmt: skip
    assert Path(told["cwd"]) == home


def test_the_forwarder_is_out_of_reach_of_control_c(home):
    release(home)
    with MlflowProcess(home / "study", home) as feed:
        feed(opened())
    assert json.loads((home / "told.json").read_text())["session"] != os.getsid(0)


def test_what_it_says_goes_into_the_log_of_the_study(home, capfd):
    release(home)
    with MlflowProcess(home / "study", home) as feed:
        feed(opened())
    assert (home / "study" / "mlflow.log").read_text() == "MLflow has much to say\n"
    assert capfd.readouterr() == ("", "")


def test_a_study_that_is_opened_once_more_has_one_forwarder(home):
    release(home)
    with MlflowProcess(home / "study", home) as feed:
        feed(opened())
        first = feed._process
        feed(opened())
        assert feed._process is first


@pytest.mark.parametrize(("code", "everything"), [(0, True), (1, False)])
def test_draining_waits_for_the_end_and_tells_whether_all_went_well(home, code, everything):
    with MlflowProcess(home / "study", home) as feed:
        feed(opened())
        assert not feed.drain(0.05)
        release(home, code)
        assert feed.drain() is everything


def test_an_interrupted_study_leaves_the_forwarder_to_itself(home):
    feed = MlflowProcess(home / "study", home)
    feed(opened())
    feed.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert feed._process.poll() is None
    release(home)
    assert feed.drain()
