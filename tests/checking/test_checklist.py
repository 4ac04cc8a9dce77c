import re
from dataclasses import replace
from pathlib import Path

import pytest
from small_training import WEIGHTS, spec_of

from tuner.checking.checklist import check_study
from tuner.checking.obedience import obeys
from tuner.checking.probe import builtin_probe, train_briefly
from tuner.checking.result import CheckResult, worst
from tuner.color.loss_weights import COMPONENT_WEIGHTS
from tuner.journal.workspace import Workspace
from tuner.training.learner import Learner

SUBJECTS = ["study", "photos", "colors", "duplicates", "model", "loss", "trainer", "noise", "cost"]


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


def checked(spec, workspace, notes=None, **more):
    said = notes if notes is not None else []
    return [*check_study(spec, workspace, said.append, **more)]


def test_everything_is_looked_at_in_order_and_nothing_is_spent(photos, workspace, notes):
    spec = spec_of(photos)
    seen = checked(spec, workspace, notes, price=2.0)
    assert list(dict.fromkeys(one.subject for one in seen)) == SUBJECTS
    assert worst(seen) == "amber"
    # How much depends on the machine; the tests of the cost know the amounts.
    priced = re.search(r"At 2 an hour: (\d+\.\d\d) to (\d+\.\d\d)", seen[-1].sentence)
    assert float(priced[1]) <= float(priced[2])
    assert "timing a few steps" in notes
    assert not workspace.database.exists()
    assert not workspace.folder(spec.study).exists()


def test_the_built_in_trainer_obeys_all_weights_that_it_knows(photos, workspace):
    weights = {**WEIGHTS, "a_weight": 1.0, "b_weight": 1.0}
    [one] = [
        each for each in checked(spec_of(photos, weights), workspace) if each.subject == "trainer"
    ]
    assert one.color == "green"
    assert all(f"'{name}'" in one.sentence for name in weights)


def test_a_weight_that_the_trainer_forgot_is_a_dead_knob(photos, workspace, monkeypatch):
    forgotten = {key: value for key, value in COMPONENT_WEIGHTS.items() if key != "saturation"}
    monkeypatch.setattr("tuner.color.loss_weights.COMPONENT_WEIGHTS", forgotten)
    seen = [one for one in checked(spec_of(photos), workspace) if one.subject == "trainer"]
    assert [one.color for one in seen] == ["red", "green"]
    assert seen[0].sentence.startswith("'saturation_weight' changes nothing: after 3 steps")


def test_channel_weights_are_dead_where_the_ab_loss_takes_no_part(photos, workspace):
    weights = {**WEIGHTS, "ab_weight": 0.0, "a_weight": 1.0, "b_weight": 1.0}
    seen = checked(spec_of(photos, weights), workspace)
    dead = [one.sentence.split()[0] for one in seen if one.color == "red"]
    assert dead == ["'a_weight'", "'b_weight'"]


def test_a_training_that_diverges_is_red_and_the_rest_is_told(photos, workspace):
    seen = checked(spec_of(photos, learning_rate=1e30), workspace)
    [red] = [one for one in seen if one.color == "red"]
    assert red.subject == "model"
    assert seen[-1].subject == "cost"


@pytest.mark.parametrize(
    ("changes", "subject", "told"),
    [
        ({"model_args": {"base_widt": 4}}, "trainer", "did you mean 'base_width'?"),
        ({"device": "cuda:7"}, "trainer", "cannot be used on this machine"),
        ({"perceptual_trunk": "there/is/none.pth"}, "trainer", "there/is/none.pth"),
    ],
)
def test_what_cannot_be_trained_is_red_and_ends_the_check(
    photos, workspace, changes, subject, told
):
    seen = checked(spec_of(photos, **changes), workspace)
    assert (seen[-1].color, seen[-1].subject) == ("red", subject)
    assert told in seen[-1].sentence


def test_classes_of_the_users_are_looked_at_like_the_built_in_ones(photos, workspace, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1]))
    spec = spec_of(
        photos, {"pixel": 1.0, "restraint": 0.5}, model="my_networks:Normed", model_args={},
        loss="my_networks:Parts", perceptual_trunk="auto",
    )  # fmt: skip
    seen = checked(spec, workspace)
    told = {one.subject: one for one in seen}
    assert not [one for one in seen if one.color == "red"]
    assert told["loss"].sentence.startswith("'my_networks:Parts' in the first 3 steps: total ")
    assert told["trainer"].sentence.startswith("obeys 'pixel' and 'restraint'")
    assert "is read as ab in -1..1, times 110" in told["networks"].sentence
    assert " a step, " in told["cost"].sentence
    wrong = checked(
        spec.model_copy(update={"weights": {"pixel": 1.0, "restrain": 1.0}}), workspace
    )[-1]
    assert (wrong.color, wrong.subject) == ("red", "trainer")
    assert wrong.sentence.startswith("weights.restrain: 'my_networks:Parts' does not know it")


def test_photos_that_cannot_be_used_are_red(tmp_path, workspace):
    seen = checked(spec_of(tmp_path / "nowhere"), workspace)
    assert (seen[-1].color, seen[-1].subject) == ("red", "photos")


def test_a_disk_that_refuses_is_red(photos, tmp_path):
    (tmp_path / "file").write_text("no folder")
    seen = checked(spec_of(photos), Workspace(tmp_path / "file"))
    assert (seen[-1].color, seen[-1].subject) == ("red", "disk")


def test_settings_that_decide_the_result_are_told(photos, workspace):
    spec = spec_of(photos, perceptual_net="squeeze")
    seen = [one.sentence for one in checked(spec, workspace) if one.subject == "study"]
    assert any("5 steps are fewer than the guide's 5000 to 10000" in one for one in seen)
    assert any("'squeeze', is trained with too" in one for one in seen)


def test_the_probe_really_trains_and_repeats_itself(photos, setting_here):
    spec, context = setting_here
    untrained = Learner(
        train_briefly(spec, context, WEIGHTS).trial, spec.trainer, context.device, None
    )
    gray = context.heldout.gray[:4]
    fingerprint = builtin_probe(spec, context)(WEIGHTS)
    assert abs(fingerprint - untrained.predict(gray).numpy()).max() > 1e-3
    assert {one.scatter for one in obeys(WEIGHTS, builtin_probe(spec, context))} == {0.0}


@pytest.fixture(scope="module")
def setting_here(photos):
    from small_training import prepared_of

    spec = spec_of(photos)
    return spec, replace(prepared_of(spec, photos.parent / "study").context, threads=1)


def test_what_an_earlier_run_has_measured_is_told(finished_home):
    from tiny_study import TINY

    from tuner.spec.parsing.builder import parse_assignments
    from tuner.spec.study_file import load_study

    sets = parse_assignments(word for word in TINY[5:] if "=" in word)
    spec = load_study(
        str(finished_home / "tiny.yaml"), {**sets, "trainer.steps": 4}, preset="quick"
    )
    seen = checked(spec, Workspace(finished_home))
    told = " ".join(one.sentence for one in seen)
    assert re.search(r"at the end of \d+ trainings of the earlier run", told)
    assert "measured by the earlier run" in told


def test_the_worst_color_counts():
    assert worst([]) == "green"
    assert worst([CheckResult("x", "amber", ""), CheckResult("x", "green", "")]) == "amber"
