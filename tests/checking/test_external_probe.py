import json
import sys
from contextlib import chdir

import pytest
from external_studies import PYTHON_FIRST, living, write_study

from tuner.checking.checklist import check_study
from tuner.checking.script_runs import runs_of, steps_of
from tuner.checking.study import check_settings
from tuner.journal.workspace import Workspace
from tuner.spec.plan import make_plan
from tuner.spec.study_file import load_study

TWO = {"weights": {"a": 1.0, "b": 2.0}, "trainer": {"run": ["python", "train.py", "{trial}"]}}
HONEST = """\
import json, os, sys, tuner
weights = tuner.weights({"a": 0, "b": 0})
steps = int(os.environ["TUNER_STEPS"])
seed = int(os.environ["TUNER_SEED"]) / 100
tuner.report(steps, {"error": weights["a"] + weights["b"] + seed})
with open("names.txt", "a") as names:
    print(sys.argv[1], steps, file=names)
"""


@pytest.fixture(autouse=True)
def this_python(monkeypatch):
    for name, value in PYTHON_FIRST.items():
        monkeypatch.setenv(name, value)


def findings(home, script, run=True, note=lambda _text: None, **parts):
    write_study(home, script, **{**TWO, **parts})
    with chdir(home):
        seen = [*check_study(load_study("own.yaml"), Workspace(home), note, run=run)]
    return [(one.color, one.sentence, one.advice) for one in seen if one.subject == "trainer"]


def test_a_script_that_obeys_is_green(tmp_path):
    works, obeys, steps = findings(tmp_path, HONEST)
    assert works[:2] == ("green", works[1])
    assert works[1].startswith("your script works: 10 steps in ")
    assert obeys[1].startswith("obeys 'a' and 'b': another value of any of them changes the result")
    assert steps[:2] == ("green", "obeys the steps: its curve ends at step 10")


def test_nothing_of_it_is_left_and_no_name_is_used_twice(tmp_path):
    findings(tmp_path, HONEST)
    findings(tmp_path, HONEST)
    names = [line.split() for line in (tmp_path / "names.txt").read_text().splitlines()]
    assert len({name for name, _ in names}) == len(names) == 10
    assert {steps for _, steps in names} == {"10"}
    assert all(name.startswith("own-check-") for name, _ in names)
    assert not (tmp_path / "tuner-runs" / "own" / "check").exists()


def test_a_weight_that_it_does_not_read_is_a_dead_knob(tmp_path):
    script = HONEST.replace(' + weights["b"]', "")
    _, dead, obeys, _ = findings(tmp_path, script)
    assert dead[:2] == (
        "red", "'b' changes nothing: after 10 steps the results are the same at 2 and at 20"
    )  # fmt: skip
    assert obeys[1].startswith("obeys 'a': ")


def test_a_script_that_ignores_its_seed_is_red(tmp_path):
    *_, (color, sentence, advice), _ = findings(tmp_path, HONEST.replace(" + seed}", "}"))
    assert color == "red"
    assert sentence == (
        "seeds 1 and 2 left identical numbers: your script ignores the seed, or its 'error' is "
        "too coarse to show it (after 10 steps)"
    )
    assert "python -m tuner.seeded" in advice


def test_a_number_that_is_not_finite_is_told_with_its_step(tmp_path):
    script = f"{HONEST}tuner.report(7, {{'loss': float('inf')}})\n"
    _, broken, *_ = findings(tmp_path, script)
    assert broken[:2] == ("amber", "its 'loss' is NaN or infinite at step 7")


def test_a_script_that_trains_on_is_told(tmp_path):
    script = HONEST.replace("tuner.report(steps", "tuner.report(5000")
    *_, steps = findings(tmp_path, script)
    assert steps[:2] == ("amber", "asked for 10 steps, its curve goes to step 5000")


def test_without_steps_in_its_curves_nothing_is_said_about_them(tmp_path):
    script = HONEST.replace("tuner.report(steps", "tuner.report(1")
    assert len(findings(tmp_path, script)) == 2


def test_curves_that_never_come_are_told(tmp_path):
    trainer = {**TWO["trainer"], "metrics": {"tensorboard": "{out}/tb"}}
    _, _, silent, steps = findings(tmp_path, HONEST, trainer=trainer)
    color, sentence, advice = silent
    assert (color, sentence) == (
        "amber",
        "there will be no curves: trainer.metrics found no numbers: no event files in '{out}/tb'",
    )
    assert advice.endswith("if it does so later than after 10 steps, raise trainer.check_steps")
    assert steps[:2] == ("green", "obeys the steps: its curve ends at step 10")


def test_without_tensorboard_event_files_are_refused_before_anything_runs(tmp_path, monkeypatch):
    name = "tensorboard.backend.event_processing.event_file_loader"
    monkeypatch.setitem(sys.modules, name, None)
    trainer = {**TWO["trainer"], "metrics": {"tensorboard": "{out}/tb"}}
    [(color, sentence, _)] = findings(tmp_path, HONEST, trainer=trainer)
    assert color == "red"
    assert "pip install tensorboard" in sentence
    assert not (tmp_path / "names.txt").exists()


def test_a_script_that_fails_is_red_and_keeps_its_output(tmp_path):
    [(color, sentence, advice)] = findings(tmp_path, "raise SystemExit('no GPU here')")
    assert color == "red"
    assert sentence.startswith("your script fails: 'python train.py' ended with exit code 1 after")
    assert "no GPU here" in sentence
    output = tmp_path / "tuner-runs" / "own" / "check" / "trials"
    assert advice == f"mend it; {output} has the whole output"
    assert "no GPU here" in next(output.rglob("output.log")).read_text()


def test_a_script_that_fails_with_another_weight_alone_obeys_it(tmp_path):
    script = HONEST.replace("steps = int", "assert weights['a'] < 5\nsteps = int")
    _, obeys, _ = findings(tmp_path, script)
    assert obeys[1].startswith("obeys 'a' and 'b'")


def test_a_missing_number_is_red(tmp_path):
    [(color, sentence, _)] = findings(tmp_path, HONEST.replace('"error"', '"eror"'))
    assert (color, sentence) == (
        "red",
        "your script fails: there is no number 'error': it reported 'eror' (did you mean 'eror'?)",
    )


def test_missing_predictions_are_red(tmp_path, photos):
    parts = {
        "objective": {},
        "data": {"photos": str(photos), "image_size": 32},
        "trainer": {**TWO["trainer"], "predictions": "{out}/*.png"},
    }
    write_study(tmp_path, HONEST, **{**TWO, **parts})
    study = json.loads((tmp_path / "own.yaml").read_text())
    study["objective"] = {"lpips": {"trunk": "random"}}
    (tmp_path / "own.yaml").write_text(json.dumps(study))
    with chdir(tmp_path):
        seen = [*check_study(load_study("own.yaml"), Workspace(tmp_path), [].append, run=True)]
    [red] = [one for one in seen if one.color == "red"]
    assert red.sentence == (
        "your script fails: there are no predictions "
        f"('{tmp_path}/tuner-runs/own/check/trials/trial-000/out/*.png' finds no picture; {{out}} "
        "holds nothing)"
    )


def test_how_long_it_is_trained_can_be_said(tmp_path):
    with chdir(tmp_path):
        write_study(tmp_path, HONEST, **{**TWO, "trainer": {**TWO["trainer"], "steps": 5000}})
        spec = load_study("own.yaml")
        assert (runs_of(spec), steps_of(spec)) == (5, 20)
        assert steps_of(load_study("own.yaml", {"trainer.check_steps": 3})) == 3


def test_a_study_without_pictures_hears_nothing_of_the_guides_steps(tmp_path):
    with chdir(tmp_path):
        write_study(tmp_path, HONEST, **TWO)
        spec = load_study("own.yaml")
    assert [one.color for one in check_settings(spec, make_plan(spec))] == ["green"]


def test_it_is_not_run_unless_asked_to(tmp_path):
    [(color, sentence, _)] = findings(tmp_path, HONEST, run=False)
    assert color == "green"
    assert "it was not run: tuner check --run does so 5 times for 10 steps" in sentence
    assert not (tmp_path / "names.txt").exists()


ASIDE = HONEST.replace('open("names.txt"', 'open(os.environ["TUNER_OUT"] + "/names.txt"')


@pytest.mark.parametrize(("script", "told"), [(ASIDE, " (3 at a time)"), (HONEST, "")])
def test_trainings_run_side_by_side_unless_they_share_files(tmp_path, monkeypatch, script, told):
    monkeypatch.setattr("tuner.checking.script_runs.fitting", lambda _used, _parallel: 3)
    notes = []
    seen = findings(tmp_path, script, note=notes.append)
    assert [color for color, *_ in seen] == ["green", "green", "green"]
    first, second, *_ = (note for note in notes if note.startswith("running your script"))
    assert first == "running your script, 5 times 10 steps"
    assert second.startswith(f"running your script: 1 of 5 done{told}, about ")
    assert second.endswith(" left")


def test_where_one_of_them_fails_the_others_are_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("tuner.checking.script_runs.fitting", lambda _used, _parallel: 4)
    script = ASIDE + "if seed > 0.01: raise SystemExit(3)\nif weights['a'] > 5: time.sleep(100)\n"
    [(color, sentence, _)] = findings(tmp_path, script.replace("import json", "import time, json"))
    assert (color, "ended with exit code 3" in sentence) == ("red", True)
    assert living(tmp_path) == []
