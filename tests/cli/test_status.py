"""The last line of `tuner status`: running, stopped or finished, and how to go on."""

import json
from contextlib import nullcontext, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from tuner.cli.going_on import command_to_go_on
from tuner.cli.status import status, watch_status
from tuner.journal.workspace import Workspace
from tuner.runner.resume import alone, is_running
from tuner.runner.run import run_study
from tuner.spec.study import StudySpec
from tuner.spec.study_file import load_study

STUDY = {
    "study": "own", "weights": {"a": 1.0}, "combination": 0,
    "stages": [{"vary": "a", "values": [2.0], "extend": False}],
    "repeats": {"baseline": 2, "decide": 2, "confirm": 2},
}  # fmt: skip


@pytest.fixture
def said(tmp_path, monkeypatch, capsys):
    """The last line, after a run that is interrupted or not."""
    monkeypatch.chdir(tmp_path)
    Path("own.yaml").write_text(json.dumps(STUDY), encoding="utf-8")

    def ask(*, interrupted, name="own.yaml", lock=nullcontext):
        def evaluate(trials):
            if interrupted and trials[0].role != "baseline":
                raise KeyboardInterrupt
            return [trial.weights["a"] + trial.seed / 100 for trial in trials]

        with suppress(KeyboardInterrupt):
            run_study(load_study("own.yaml"), directory=tmp_path, evaluate=evaluate, record=False)
        capsys.readouterr()
        with lock():
            status(name)
        return capsys.readouterr().out.splitlines()[-1]

    return ask


@pytest.mark.parametrize(
    ("name", "command"),
    [("own.yaml", "tuner run --study own.yaml"),
     ("own", "tuner run --study FILE (FILE is the study's file)")],
)  # fmt: skip
def test_a_stopped_study_says_so_and_names_a_command_that_works(said, name, command):
    assert said(interrupted=True, name=name) == (
        f"It is stopped, nothing is lost; it goes on with: {command}"
    )


def test_a_study_that_was_renamed_by_an_option_is_named_with_it():
    options = {"study": "tiny", "trainer.steps": 7}
    recorded = load_study("sepia-fix", options, preset="quick").model_dump(mode="json")
    assert command_to_go_on(SimpleNamespace(spec=recorded), "tiny") == (
        "tuner run --study sepia-fix --quick --steps 7 --set study=tiny"
    )
    changed = {**recorded, "cycles": 2}
    assert "--study FILE" in command_to_go_on(SimpleNamespace(spec=changed), "tiny")


def test_a_finished_study_says_so_and_where_its_weights_are(said):
    assert said(interrupted=False) == ("It is finished; its best weights: tuner export --study own")


def test_a_study_that_is_being_run_says_so(said, tmp_path):
    workspace = Workspace(tmp_path)
    assert said(interrupted=True, lock=lambda: alone(workspace, "own")) == "It is running."
    assert not is_running(workspace, "own")
    assert not is_running(workspace, "other")


def test_watching_shows_what_others_record_until_the_study_is_finished(
    tmp_path, monkeypatch, capsys
):
    def evaluate(trials):
        return [trial.weights["a"] + trial.seed / 100 for trial in trials]

    run_study(StudySpec(**STUDY), directory=tmp_path, evaluate=evaluate, record=False)
    home = Workspace(tmp_path).folder("own")
    journal = home / "journal.jsonl"
    lines, looks = journal.read_bytes().splitlines(keepends=True), iter(range(9))

    def folder():
        """The study after its first two trials; from the third look on it is finished."""
        journal.write_bytes(b"".join(lines if next(looks) > 1 else lines[:7]))
        return home

    capsys.readouterr()
    monkeypatch.setattr("tuner.cli.status.SECONDS", 0.0)
    watch_status(folder, None)
    page, rest = capsys.readouterr().out.split("Best weights so far: a=1.0\n")
    assert page.startswith("own: 2 of at most ")
    assert "02 a=2 seed 1: score 2.010 (start 1.010)" in rest
    assert rest.count("Step 1 - a stays 1.0") == 2
    assert rest.splitlines()[-1] == "Best weights: a=1.0"
