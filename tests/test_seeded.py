"""Scripts without a seed, run from the trial's."""

import os
import random
import subprocess
import sys

import numpy as np
import pytest
import torch

from tuner import seeded

DRAWS = (
    "import sys, random\nimport numpy, torch\n"
    "import beside\n"
    "if __name__ == '__main__':\n"
    "    print(sys.argv[1:], random.random(), numpy.random.rand(), torch.rand(1).item())\n"
)


@pytest.fixture
def project(tmp_path):
    """A folder from which a script is run that lies in another one."""
    for name, text in (("train.py", DRAWS), ("beside.py", ""), ("bad.py", "raise SystemExit(7)\n")):
        (tmp_path / "pro jekt").mkdir(exist_ok=True)
        (tmp_path / "pro jekt" / name).write_text(text)
    (tmp_path / "pro jekt" / "__init__.py").touch()
    return tmp_path


def run(home, *words, seed=None, how=("-m", "tuner.seeded")):
    environment = {key: value for key, value in os.environ.items() if key != seeded.SEED}
    if seed is not None:
        environment[seeded.SEED] = str(seed)
    return subprocess.run(
        [sys.executable, *how, *words],
        cwd=home, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("how", "words", "place"),
    [
        (("-m", "tuner.seeded"), ("pro jekt/train.py", "--a", "1"), "."),
        ((seeded.__file__,), ("pro jekt/train.py", "--a", "1"), "."),
        (("-m", "tuner.seeded"), ("-m", "train", "--a", "1"), "pro jekt"),
    ],
)
def test_a_script_draws_from_the_trials_seed_however_it_is_run(project, how, words, place):
    random.seed(5)
    expected = random.random(), np.random.RandomState(5).rand()
    with torch.random.fork_rng():
        expected = *expected, torch.manual_seed(5) and torch.rand(1).item()
    said = run(project / place, *words, seed=5, how=how).stdout
    assert said.strip() == f"['--a', '1'] {' '.join(map(str, expected))}"


def test_outside_a_study_nothing_is_set(project):
    (project / "draw.py").write_text("import random; print(random.random())")
    said = [run(project, "draw.py").stdout for _ in range(2)]
    assert said[0] != said[1]


def test_how_a_script_ends_is_how_it_ends(project):
    assert run(project, "pro jekt/bad.py", seed=5).returncode == 7


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "usage: python -m tuner.seeded (SCRIPT | -m MODULE)"),
        (("-m",), "usage: python -m tuner.seeded (SCRIPT | -m MODULE)"),
        (("trian.py",), "tuner.seeded: there is no script 'trian.py'; usage: "),
    ],
)
def test_what_it_cannot_run_is_told(monkeypatch, capsys, words, told):
    monkeypatch.setattr(sys, "argv", ["seeded.py", *words])
    with pytest.raises(SystemExit) as ended:
        seeded.main()
    assert str(ended.value).startswith(told)


@pytest.mark.parametrize("words", [["script.py", "--a"], ["-m", "script", "--a"]])
def test_arguments_and_neighbors_are_the_scripts_own(tmp_path, monkeypatch, words):
    (tmp_path / "script.py").write_text("import sys, neighbor\nneighbor.seen = sys.argv[1:]\n")
    (tmp_path / "neighbor.py").write_text("seen = None\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["seeded.py", *words])
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv(seeded.SEED, "5")
    seeds = []
    monkeypatch.setattr(seeded, "seed_everything", seeds.append)
    seeded.main()
    assert seeds == [5]
    assert sys.modules.pop("neighbor").seen == ["--a"]
    sys.modules.pop("script", None)


def test_generators_are_set_without_a_process_of_their_own():
    states = random.getstate(), np.random.get_state()  # noqa: NPY002 - what scripts use
    with torch.random.fork_rng():
        drawn = []
        for _ in range(2):
            seeded.seed_everything(2**40 + 3)
            drawn.append((random.random(), np.random.rand(), torch.rand(1).item()))  # noqa: NPY002 - what scripts use
    random.setstate(states[0])
    np.random.set_state(states[1])  # noqa: NPY002 - what scripts use
    assert drawn[0] == drawn[1]
