"""What README promises, done as a reader would do it, with trainings of a few steps."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image
from tiny_study import TINY, tuner
from typer.main import get_command
from typer.testing import CliRunner

import tuner as package
from tuner.cli.commands import app
from tuner.color import trunk_files
from tuner.spec.plan import make_plan
from tuner.spec.study_file import load_study

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SMALL = (*TINY[2:], "--set", "data.cells=5", "--set", "data.surroundings=0")
"""What makes any study tiny."""


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def lines(beginning):
    """Commands of README, without their remarks."""
    told = [line for block in blocks("console") for line in block.splitlines()]
    return [line.partition(" # ")[0].strip() for line in told if line.startswith(beginning)]


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("my photos")
    random = np.random.default_rng(0)
    for number in range(6):
        rough = Image.fromarray(random.integers(0, 256, (6, 9, 3), np.uint8))
        rough.resize((210, 130), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def own_photos(tmp_path_factory, photos):
    """A working directory in which README's commands were run one after the other."""
    home, ended = tmp_path_factory.mktemp("own"), {}
    for line in lines("tuner "):
        words = [str(photos) if word == "DIR" else word for word in shlex.split(line)[1:]]
        if words[0] in {"plan", "run", "check"}:
            words += SMALL
        # ui serves until it is stopped; tests/test_cli.py runs it. Others have tests of their own.
        if words[0] not in {"ui", "diagnose", "init"}:
            ended[words[0]] = tuner(home, *words)
    return home, ended


def test_every_command_of_the_walk_through_works(own_photos):
    home, ended = own_photos
    assert list(ended) == ["plan", "run", "show", "export", "report", "check"]
    assert {one.returncode for one in ended.values()} == {0}, ended
    assert yaml.safe_load((home / "best.yaml").read_text())["study"] == "sepia-fix"


def here(line):
    """A command of README, in this process: what it said."""
    ended = CliRunner().invoke(app, shlex.split(line)[1:])
    assert ended.exit_code == 0, ended.output
    return ended.output


def test_every_diagnosis_works(finished_home, photos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("colored", "photos"):
        shutil.copytree(photos, tmp_path / folder)
    shutil.copytree(finished_home / "tuner-runs" / "tiny", tmp_path / "tuner-runs" / "sepia-fix")
    said = [here(line.replace("DIR", "photos")) for line in lines("tuner diagnose ")]
    assert len(said) == 3
    assert said[0].startswith("6 predictions in colored: healthy")
    assert "squares of trial 03" in said[1]
    assert said[2].startswith("6 photos of photos colored by tuner-runs/sepia-fix/starts/")


def test_the_study_of_ones_own_is_written_and_loads(photos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    [line] = lines("tuner init ")
    here(line.replace("DIR", shlex.quote(str(photos))))
    spec = load_study("mine")
    assert (spec.data.photos, spec.weights["ab_weight"]) == (str(photos), 2.5)


@pytest.mark.parametrize("target", ["demo", "test"])
def test_the_two_commands_are_targets_of_the_makefile(target):
    assert f"make {target}" in lines("make ")
    made = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {"demo": "tuner run --study sepia-fix --quick", "test": "pytest"}[target] in made.stdout


def test_every_command_and_option_stands_in_the_readme():
    for name, command in get_command(app).commands.items():
        assert f"tuner {name}" in README, name
        for option in command.params:
            if name == "run":
                assert any(spelled in README for spelled in option.opts + option.secondary_opts), (
                    option
                )


@pytest.mark.parametrize(("text", "name"), [*zip(blocks("yaml"), ("mine", "own"), strict=True)])
def test_the_studies_of_the_readme_are_studies(text, name, tmp_path):
    (tmp_path / "it.yaml").write_text(text)
    spec = load_study(str(tmp_path / "it.yaml"))
    assert spec.study == name
    assert make_plan(spec).stages


@pytest.mark.filterwarnings("ignore:CUDA is not", "ignore:LPIPS uses random weights")
def test_the_python_of_the_readme_runs(tmp_path, monkeypatch):
    tiny = {key: yaml.safe_load(value) for key, value in (one.split("=") for one in SMALL[4::2])}

    def load_tiny(name, overrides):
        return load_study(name, {**overrides, **tiny, "trainer.steps": 2})

    def train(weights, seed):
        return (weights["l1"] - 40) ** 2 / 1e4

    # Nothing is downloaded, wherever the test runs; the loss warns of that.
    monkeypatch.setattr(trunk_files, "_answers", lambda address, patience: False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(package, "load_study", load_tiny, raising=False)
    world = {"train": train}
    for block in blocks("python"):
        exec(block, world)  # what a user would paste
    assert world["result"].confirmation.verdict in {"better", "no difference", "worse"}
    assert world["loss"].ab_weight == world["result"].best_weights["ab_weight"]
    assert world["sampler"].findings(world["study"]).best["l1"] == 40.0


PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_somewhere(page):
    for target in re.findall(r"\]\(((?!https?:)[^)]+)\)", page.read_text("utf-8")):
        file, _, heading = target.partition("#")
        path = page.parent / file if file else page
        assert path.exists(), target
        if heading:
            headings = re.findall(r"^##+ (.*)$", path.read_text("utf-8").lower(), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", one).replace(" ", "-") for one in headings}
            assert heading in slugs, target
