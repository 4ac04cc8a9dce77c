"""Small studies of scripts, run by the tuner as a process of its own."""

import json
import os
import sys
from contextlib import chdir, nullcontext
from pathlib import Path

import psutil
import pytest
from tiny_study import tuner

from tuner.errors import TunerError
from tuner.journal.history_builder import read_history
from tuner.runner.run import run_study
from tuner.spec.study_file import load_study

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs" / "examples"
RANDOM_TRUNK = ("--set", "objective.lpips.trunk=random")
PYTHON_FIRST = {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}


def run(home, study, *words, **environment):
    """Runs a study to its end."""
    return tuner(
        home, "run", "--study", study, "--no-record", *words, **PYTHON_FIRST, **environment
    )


def run_here(home, *, fails=False, **overrides):
    """Runs the study of `write_study` in this process; its refusal where it is to fail."""
    asked = {key.replace("__", "."): value for key, value in overrides.items()}
    expected = pytest.raises(TunerError) if fails else nullcontext()
    with chdir(home), expected as refused:
        run_study(load_study("own.yaml", asked), directory=home, record=False)
    return str(refused.value) if fails else ""


def history_of(home, study):
    return read_history(home / "tuner-runs" / study)


def write_study(home, script, **parts):
    """A study with a number of its own, of a script that gets weight, seed and trial."""
    (home / "train.py").write_text(script, encoding="utf-8")
    study = {
        "study": "own",
        "trainer": {
            "kind": "command",
            "run": ["python", "train.py", "{weights.a}", "{seed}", "{trial}"],
            "steps": 10,
        },
        "objective": {"metric": "error"},
        "weights": {"a": 1.0},
        "stages": [{"vary": "a", "values": [2.0, 4.0, 8.0], "extend": False}],
        "repeats": {"baseline": 2, "decide": 2, "confirm": 2},
        "combination": 0,
    }
    for key, value in parts.items():
        study[key] = {**study[key], **value} if isinstance(study.get(key), dict) else value
    (home / "own.yaml").write_text(json.dumps(study), encoding="utf-8")


GOOD = """\
import sys
import tuner
a, seed = float(sys.argv[1]), int(sys.argv[2])
tuner.report(10, {"error": (a - 4) ** 2 + seed / 100})
"""


def living(home):
    """Processes that belong to a trial of a study in this place."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TUNER_OUT", "").startswith(str(home)):
                found.append(process)
        except psutil.Error:
            continue
    return found
