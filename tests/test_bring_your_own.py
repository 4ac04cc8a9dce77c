"""The page that a stranger begins with: its commands do what it says, one after the other."""

import re
import shlex

import pytest
from external_studies import PYTHON_FIRST, ROOT
from typer.testing import CliRunner

from tuner.cli.commands import app
from tuner.cli.script_study import write_script_study

PAGE = (ROOT / "docs" / "bring-your-own.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)[0].strip().splitlines()
SCRIPT = """\
import random
import tuner
PENALTY = 2.0
SEED = 0
STEPS = 8
random.seed(SEED)
for step in range(1, STEPS + 1):
    error = (1 + (PENALTY - 6) ** 2) / step + random.random() / 100
    print(f"step {step}: error {error:.6f}")
"""
STRANGERS = ROOT / "docs" / "strangers"


def test_from_nothing_to_a_verdict_and_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", PYTHON_FIRST["PATH"])
    script = tmp_path / "train.py"
    script.write_text(SCRIPT.replace("import tuner\n", "").replace("PENALTY", "W_PENALTY"))
    said = []
    for command in COMMANDS:
        more = ["--no-record"] if " run " in command else []
        ended = CliRunner().invoke(app, [*shlex.split(command)[1:], *more])
        assert ended.exit_code == 0, ended.output
        said.append(ended.output)
    assert "obeys 'w_penalty'" in said[1]
    assert "Confirmed on 5 fresh seeds" in said[2]
    assert "+W_PENALTY = 6.0" in said[3]
    assert script.read_text().count("W_PENALTY = 6.0\n") == 1


@pytest.mark.parametrize(
    ("project", "command", "predictions", "weights", "missing"),
    [
        (
            "ddcolor",
            "train.py -opt options/train.yml",
            "*/{trial}/**/*/{steps}_result.png",
            {"pixel": 1.0, "colorfulness": 0.005},
            ("Not found: the folder that it writes to; trainer.predictions is a guess",),
        ),
        ("pinn", "train.py", None, {"w_pde": 1.0, "w_bc": 0.01, "w_data": 1.0}, ()),
        ("curve", "train.py", None, {"w_fit": 1.0, "w_smooth": 0.1, "w_small": 0.1}, ()),
        (
            "trainer",
            "train.py",
            "{out}/**/*_{steps}.png",
            {"perceptual_weight": 1.0, "ab_weight": 1.0, "saturation_weight": 0.02},
            (),
        ),
    ],
)
def test_a_strangers_project_needs_no_changed_line(
    monkeypatch, tmp_path, project, command, predictions, weights, missing
):
    monkeypatch.chdir(STRANGERS / project)
    monkeypatch.setattr("tuner.cli.study_writing.LOCAL_STUDIES", tmp_path)
    new = write_script_study("mine", command)
    assert new.spec.trainer.predictions == predictions
    assert dict(new.spec.weights) == weights
    assert new.draft.missing == missing
    assert new.spec.trainer.check_steps in (None, 50, 100)
