"""The worked examples of docs/bring-your-own.md, run whole."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from external_studies import EXAMPLES, RANDOM_TRUNK, ROOT, history_of, run
from tiny_study import tuner
from typer.testing import CliRunner

from tuner.cli.commands import app
from tuner.spec.study_file import load_study

DOCS = (ROOT / "docs" / "bring-your-own.md").read_text(encoding="utf-8")
CURVES = {
    "argparse": "G_L1",
    "yaml-options": "l_pix",
    "one-line": "pixel",
    "function": "rmse",
    "lightning": "train/pixel",
}
WORDS = {
    "function": (),
    "lightning": (
        *RANDOM_TRUNK,
        *("--set", f"trainer.env.PYTHONPATH={Path(__file__).parent / 'without_torchvision'}"),
    ),
}


def on_one_worker(name):
    """An example whose tests are not spread, so that its study is run once."""
    return pytest.param(name, marks=pytest.mark.xdist_group(name))


@pytest.fixture(
    scope="module", params=map(on_one_worker, sorted(path.name for path in EXAMPLES.iterdir()))
)
def example(request, tmp_path_factory):
    """The name of an example, the place where its study was run, and how that ended."""
    home = tmp_path_factory.mktemp("examples") / f"ö {request.param}"
    shutil.copytree(EXAMPLES / request.param, home)
    words = WORDS.get(request.param, RANDOM_TRUNK)
    return request.param, home, run(home, "study.yaml", *words)


def test_the_whole_study_runs(example):
    name, home, ended = example
    assert ended.returncode == 0, ended.stderr
    history = history_of(home, name)
    assert {result.status for result in history.results.values()} == {"complete"}
    assert history.finished is not None
    assert len({result.score for result in history.results.values()}) == len(history.results)


def test_a_weight_changes_what_is_trained(example):
    name, home, _ = example
    history = history_of(home, name)
    stage = history.stages[0]
    scores = [score for _, score in stage.tried]
    assert len(set(scores)) == len(scores) > 1


def test_its_numbers_become_curves(example):
    name, home, _ = example
    if name in CURVES:
        journal = (home / "tuner-runs" / name / "journal.jsonl").read_text()
        assert f'"own/{CURVES[name]}": ' in journal


def test_what_diagnose_recommends_runs_as_it_is_printed(example, monkeypatch):
    name, home, _ = example
    if name == "argparse":
        monkeypatch.chdir(home)
        said = CliRunner().invoke(app, ["diagnose", "--study", name]).output
        [printed] = re.findall(r"^Run: (tuner init .*)$", said, re.MULTILINE)
        ended = CliRunner().invoke(app, shlex.split(printed)[1:])
        assert ended.exit_code == 0, ended.output
        treating = load_study(shlex.split(printed)[2])
        assert treating.trainer == load_study("study.yaml").trainer
        assert {stage.vary for stage in treating.stages} == {"L1"}


def test_at_most_five_lines_of_a_project_were_changed(example):
    name, _, _ = example
    sources = [path.read_text() for path in (EXAMPLES / name).glob("*.py")]
    changed = sum(source.count("# changed") for source in sources)
    assert changed <= 5
    spoken = any("tuner" in source for source in sources)
    assert spoken == bool(changed)


def test_the_files_of_an_example_stay_as_they_were(example):
    name, home, _ = example
    for path in (EXAMPLES / name).iterdir():
        if path.is_file():
            assert (home / path.name).read_bytes() == path.read_bytes()


def test_the_page_shows_every_study_as_it_is():
    shown = re.findall(r"```yaml\n# docs/examples/([^/]+)/study.yaml\n(.*?)```", DOCS, re.DOTALL)
    assert {name for name, _ in shown} == {path.name for path in EXAMPLES.iterdir()}
    for name, text in shown:
        assert text == (EXAMPLES / name / "study.yaml").read_text(encoding="utf-8")


def test_the_page_names_every_key_and_every_field():
    from tuner.spec.parsing.external_rules import KINDS

    for key in {*KINDS["command"], *KINDS["function"]}:
        assert f"`{key}" in DOCS, key
    for field in ("weights.NAME", "steps", "epochs", "seed", "out", "trial", "holdout", "gray"):
        assert f"`{{{field}}}`" in DOCS, field


def test_the_study_of_a_public_project_can_be_planned(tmp_path):
    [text] = re.findall(r"```yaml\n# pix2pix\.yaml\n(.*?)```", DOCS, re.DOTALL)
    (tmp_path / "pix2pix.yaml").write_text(text, encoding="utf-8")
    planned = tuner(tmp_path, "plan", "--study", "pix2pix.yaml")
    assert planned.returncode == 0, planned.stderr
    assert planned.stdout.startswith("pix2pix: 1 stage, one weight each (L1); ")
