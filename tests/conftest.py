"""Small studies, and something that scores trials at once instead of training them."""

import os
import sys
from math import isfinite
from pathlib import Path

import pytest
from hypothesis import settings

from tuner.results import TrialResult
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec

# Before torch is loaded: the workers of pytest-xdist have a core each.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Tests are no package; what they share lies beside them.
sys.path.append(str(Path(__file__).parent))

from tiny_study import STUDY, TINY, tuner  # found by the line above

pytest_plugins = ["recorded_fixtures", "training_fixtures"]

settings.register_profile("tuner", deadline=None)  # a busy machine is no mistake
settings.load_profile("tuner")

START = {"ab": 1.0, "sat": 1.0}


def build_plan(*stages, weights=None, max_trials=200, combination=0, **parts):
    """A plan of these stages; `sat` is tried at two values where none is given."""
    return make_plan(
        StudySpec(
            study="small",
            weights=weights or START,
            stages=stages or ({"vary": "sat", "values": [0.5, 2.0]},),
            combination=combination,
            budget={"max_trials": max_trials},
            **parts,
        )
    )


class Scorer:
    """Stands in for training: `score(weights, seed)`, not finite where it diverges."""

    def __init__(self, score, rejects=lambda weights, seed: False):
        self.score = score
        self.rejects = rejects
        self.trials = []

    def __call__(self, trials):
        self.trials += trials
        return [self.result(trial) for trial in trials]

    def result(self, trial):
        score = float(self.score(trial.weights, trial.seed))
        if not isfinite(score):
            return TrialResult(trial=trial, status="diverged", score=None, reason="it exploded")
        if self.rejects(trial.weights, trial.seed):
            return TrialResult(trial=trial, status="rejected", score=score, reason="color noise")
        return TrialResult(trial=trial, status="complete", score=score)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Tests of the finished study go to one worker, so that it is trained once."""
    for item in items:
        if "finished_home" in item.fixturenames and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group("finished study"))


@pytest.fixture(scope="session")
def plan_of():
    return build_plan


@pytest.fixture(scope="session")
def scorer():
    return Scorer


@pytest.fixture
def tiny_home(tmp_path):
    """A working directory with the file of the tiny study."""
    (tmp_path / "tiny.yaml").write_text(STUDY)
    return tmp_path


@pytest.fixture(scope="session")
def finished_home(tmp_path_factory):
    """A working directory in which the tiny study was run and recorded, for those who look."""
    home = tmp_path_factory.mktemp("finished")
    (home / "tiny.yaml").write_text(STUDY)
    ended = tuner(home, "run", *TINY)
    assert ended.returncode == 0, ended.stderr
    (home / "output.txt").write_text(ended.stdout)
    return home
