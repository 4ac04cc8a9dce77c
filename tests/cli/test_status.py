"""The last line of `tuner status`: running, stopped or finished, and how to go on."""

import json
from contextlib import nullcontext, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from tuner.cli.going_on import command_to_go_on
from tuner.cli.status import attendance, status, watch_status
from tuner.distributed.leases import Leases
from tuner.distributed.registry import WorkerRegistry
from tuner.distributed.studies import StudyRegistry
from tuner.distributed.submit import open_database
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


@pytest.fixture
def watched(tmp_path, monkeypatch, capsys):
    """What is printed, while the lines of the study's journal become more with each look."""

    def evaluate(trials):
        return [trial.weights["a"] + trial.seed / 100 for trial in trials]

    run_study(StudySpec(**STUDY), directory=tmp_path, evaluate=evaluate, record=False)
    home = Workspace(tmp_path).folder("own")
    journal = home / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    monkeypatch.setattr("tuner.cli.status.SECONDS", 0.0)

    def watch(*counts, restarts=()):
        looks = iter(range(9))

        def folder():
            look = next(looks)
            if look in restarts:
                journal.rename(home / f"before-{look}.jsonl")
            journal.write_bytes(b"".join(lines[: counts[look]] if look < len(counts) else lines))
            return home

        capsys.readouterr()
        watch_status(folder, None)
        return capsys.readouterr().out

    return watch


def test_watching_shows_what_others_record_until_the_study_is_finished(watched):
    page, rest = watched(7, 7, 7).split("Best weights so far: a=1.0\n")
    assert page.startswith("own: 2 of at most ")
    assert "02 a=2 seed 1: score 2.010 (start 1.010)" in rest
    assert rest.count("Step 1 - a stays 1.0") == 2
    assert rest.splitlines()[-1] == "Best weights: a=1.0"


def test_watching_ends_where_the_study_is_finished_as_it_begins(watched):
    assert watched(7).splitlines()[-1] == "Best weights: a=1.0"


def test_watching_goes_on_with_a_study_that_starts_afresh(watched):
    told = watched(9, 9, 1, 3, 3, 3, restarts=[2])
    assert told.count("own: 0 of at most ") == 1
    assert told.splitlines()[-1] == "Best weights: a=1.0"


def test_workers_are_told_with_their_trials_and_notes_or_as_a_number(tmp_path):
    url, asked = f"sqlite:///{tmp_path / 'shared.db'}", StudySpec(**STUDY).model_dump(mode="json")
    with open_database(url, print) as database, WorkerRegistry(database, "one").entered() as one:
        StudyRegistry(database).leave("own", asked, {}, anyway=False)
        study = StudyRegistry(database).get("own")
        Leases(database, study.uid, one).take("trial 3")
        one.describe_note("has no GPU")
        assert attendance("own", url) == [
            "Workers: 1, of which on this study: one (trial 3).", "one has no GPU",
        ]  # fmt: skip
        assert attendance("own", url, trials=False) == ["Workers: 1.", "one has no GPU"]
        StudyRegistry(database).mark(study, "stopped", "no photos")
        assert attendance("own", url)[0] == "It is stopped: no photos"
