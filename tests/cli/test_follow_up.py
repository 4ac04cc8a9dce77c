"""`tuner init --from`: the guide's factors for the weights of the user's own loss."""

import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tuner.cli.commands import app
from tuner.cli.follow_up import write_follow_up
from tuner.errors import TunerError
from tuner.reporting.next_study import next_study_command
from tuner.spec.study_file import load_study

TRAINER = {"kind": "command", "run": ["python", "train.py", "{weights.l1}", "{weights.gan}"],
           "predictions": "{out}/*.png", "steps": 30}  # fmt: skip
START = {"l1": 100.0, "gan": 1.0, "tv": 0.5}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def study(**parts):
    values = {
        "study": "mine", "trainer": TRAINER, "weights": START, "budget": {"max_trials": 80},
        "stages": [{"vary": "l1", "times": [2]}], "combination": 0, **parts,
    }  # fmt: skip
    Path("mine.yaml").write_text(json.dumps(values), encoding="utf-8")
    return load_study("mine.yaml")


def test_trainer_and_weights_stay_and_the_guide_says_what_moves():
    before = study()
    new = write_follow_up("next", "washed-out", "mine.yaml", ["l1=ab", "gan=perceptual"])
    assert new.spec.trainer == before.trainer
    assert dict(new.spec.weights) == START
    assert [(one.vary, one.times) for one in new.spec.stages] == [("l1", (1.33, 2.0, 3.0))]
    assert new.spec.roles == {"l1": "ab", "gan": "perceptual"}
    assert (new.still, new.spec.combination, new.spec.budget.max_trials) == (("gan", "tv"), 0, 80)
    assert new.spec == load_study("next")


def test_parts_that_the_study_names_need_not_be_said_again():
    study(roles={"gan": "perceptual"})
    assert [
        one.vary for one in write_follow_up("next", "wild-colors", "mine.yaml").spec.stages
    ] == ["gan"]


def test_at_a_terminal_each_weight_without_a_part_is_asked_for():
    study(roles={"gan": "perceptual"})
    asked = []

    def ask(name, likely):
        asked.append((name, likely))
        return likely or ""

    new = write_follow_up("next", "washed-out", "mine.yaml", ask=ask)
    assert asked == [("l1", "ab"), ("tv", None)]
    assert new.spec.roles == {"gan": "perceptual", "l1": "ab"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            (),
            "init: for 'washed-out' the guide moves 'saturation' and 'ab', and no weight above 0 ",
        ),
        (("l1",), "init: --role l1: no '=' in it (expected such as l1=ab)"),
        (("l2=ab",), "init: --role l2=ab: unknown weight 'l2' (allowed: 'l1', 'gan' and 'tv')"),
        (("l1=ba",), "init: --role l1=ba: unknown part 'ba' (allowed: 'perceptual', 'l', 'ab', "),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(home, said, told):
    study()
    with pytest.raises(TunerError) as refused:
        write_follow_up("next", "washed-out", "mine.yaml", said)
    assert str(refused.value).startswith(told)
    assert not (home / "studies").exists()


def test_the_built_in_loss_has_shipped_studies_instead():
    with pytest.raises(TunerError, match=r"has the built-in loss: tuner run --study washed-out$"):
        write_follow_up("next", "washed-out", "too-vibrant")


def test_the_command_that_is_recommended_runs_as_it_is_printed(home):
    spec = study()
    (home / "studies").mkdir()
    (home / "mine.yaml").rename(home / "studies" / "mine.yaml")
    printed = next_study_command("mine", "washed-out", spec.weights, {})
    assert printed == "tuner init mine-washed-out --symptom washed-out --from mine --role l1=ab"
    ended = CliRunner().invoke(app, shlex.split(printed)[1:])
    assert ended.exit_code == 0, ended.output
    assert "Next: tuner run --study mine-washed-out" in ended.output
    assert load_study("mine-washed-out").trainer == spec.trainer
    again = next_study_command("mine", "washed-out", spec.weights, {})
    assert again.startswith("tuner init mine-washed-out-2 ")


def test_nothing_is_recommended_where_no_weight_plays_a_part_that_the_guide_moves():
    assert next_study_command("mine", "brightness", START, {}) == ""
    assert next_study_command("mine", "washed-out", START, {"l1": "ab"}) == (
        "tuner init mine-washed-out --symptom washed-out --from mine"
    )
