"""A network or a loss of the user's in the built-in loop, as a study file asks for it."""

from pathlib import Path

import pytest

from tuner.errors import StudyFileError
from tuner.spec.parsing.core_schema import write
from tuner.spec.study_file import load_study


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def load(trainer, preset=None, **parts):
    study = {
        "study": "x",
        "weights": {"pixel": 1.0},
        "stages": [{"vary": "pixel", "times": [0.5]}],
        "trainer": trainer,
    }
    Path("x.yaml").write_text(write(study | parts), "utf-8")
    return load_study("x.yaml", preset=preset)


def refusal(trainer, **parts):
    with pytest.raises(StudyFileError) as refused:
        load(trainer, **parts)
    [sentence] = refused.value.mistakes
    return sentence.partition(": ")[2]


def test_classes_are_named_with_their_module():
    asked = load({"model": "a.b:Net", "input": "gray3", "output": "ab", "loss": "c:Loss",
                  "loss_args": {"device": "cpu"}}).trainer  # fmt: skip
    assert dict(asked.loss_args) == {"device": "cpu"}
    assert (asked.model, asked.input, asked.output, asked.loss) == (
        "a.b:Net", "gray3", "ab", "c:Loss"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("trainer", "told"),
    [
        ({"model": "resnet"}, "got 'resnet', expected 'unet' or a class such as 'package.module:C"),
        ({"loss": "mine"}, "got 'mine', expected a class such as 'package.module:Class'"),
        ({"model": "a:B", "output": "lab"}, "got 'lab', expected 'auto', 'rgb', 'rgb_scaled', "),
        ({"input": "gray3"}, "is for a model of your own; 'unet' gets gray and returns RGB"),
        (
            {"loss": "a:B", "perceptual_net": "vgg"},
            "is of the built-in loss, which trainer.loss takes the place of; leave it out",
        ),
        (
            {"kind": "function", "entry": "a:b", "loss": "a:B"},
            "belongs to kind 'builtin', this trainer is of kind 'function'",
        ),
        (
            {"train_only": ["head"]},
            (
                "freezes the other parts of a network, which from scratch would never learn; set "
                "trainer.start_from to baseline, sample or a file of weights"
            ),
        ),
        (
            {"loss_args": {"device": "cpu"}},
            "is for a loss of your own; the built-in one is told by 'weights' alone",
        ),
        (
            {"loss": "a:B", "loss_args": {"pixel": 2.0}},
            "is a weight of the study, too; give it once",
        ),
    ],
)
def test_what_has_no_meaning_is_refused(trainer, told):
    assert told in refusal(trainer)


def test_what_weighs_the_built_in_loss_cannot_be_compared_with_another():
    said = refusal({"loss": "a:B"}, compare=["rlw"])
    assert said == (
        "compare[0]: 'rlw' weighs the parts of the built-in loss; with trainer.loss leave it out"
    )


def test_quick_leaves_the_arguments_of_an_own_model_alone():
    own = load({"model": "a:B", "model_args": {"width": 3}}, preset="quick").trainer
    assert (dict(own.model_args), own.steps) == ({"width": 3}, 200)
    assert dict(load({}, preset="quick").trainer.model_args) == {"base_width": 8}
