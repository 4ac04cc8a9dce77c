"""A short study, run as at the terminal."""

import sys
from functools import partial
from pathlib import Path

import pytest

from tuner.cli.run import run_and_show
from tuner.runner.run import run_study

# Tests are no package; what they share lies beside them.
sys.path.append(str(Path(__file__).parent))

from short_study import score  # found by the line above


@pytest.fixture
def at_terminal(tmp_path, monkeypatch, capsys):
    """Runs a study with scores that stand in for training; what is shown."""

    def run(spec, *, evaluate=score, restart=False, record=False):
        capsys.readouterr()
        monkeypatch.setattr("tuner.runner.run.run_study", partial(run_study, evaluate=evaluate))
        run_and_show(spec, tmp_path, restart=restart, record=record)
        return capsys.readouterr().out

    return run
