import re

import pytest
import torch
from safetensors.torch import save_file
from small_training import prepared_of, spec_of, trial

from tuner.color.symptoms import find_symptoms
from tuner.errors import StudyChanged, TrainerError
from tuner.spec.study_file import load_study
from tuner.training.model import build_model
from tuner.training.start_file import SAMPLE_NETWORK, read_start
from tuner.training.trainer import BuiltinTrainer
from tuner.training.trial_group import train_together

MODEL = build_model({"base_width": 4}, 7)


@pytest.fixture
def file(tmp_path):
    save_file(MODEL.state_dict(), tmp_path / "mine.safetensors")
    return tmp_path / "mine.safetensors"


def equal(state):
    expected = MODEL.state_dict()
    return state.keys() == expected.keys() and all(
        torch.equal(state[k], expected[k]) for k in state
    )


def test_a_safetensors_file_is_read(file):
    assert equal(read_start(file, MODEL))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"params": state},
        lambda state: {"model": {f"module.{name}": value for name, value in state.items()}},
    ],
)
def test_what_torch_saved_is_read_however_it_is_wrapped(tmp_path, wrap):
    torch.save(wrap(MODEL.state_dict()), tmp_path / "mine.pth")
    assert equal(read_start(tmp_path / "mine.pth", MODEL))


def refusal(path):
    with pytest.raises(TrainerError) as refused:
        read_start(path, MODEL)
    return str(refused.value)


def test_a_missing_file_is_named(tmp_path):
    path = tmp_path / "none.pth"
    assert refusal(path) == f"trainer.start_from: there is no file '{path}'"


@pytest.mark.parametrize("name", ["broken.safetensors", "broken.pth"])
def test_a_broken_file_is_a_sentence(tmp_path, name):
    (tmp_path / name).write_bytes(b"not weights")
    start = f"trainer.start_from: '{tmp_path / name}' cannot be read as weights ("
    assert refusal(tmp_path / name).startswith(start)


def test_a_file_without_weights_is_a_sentence(tmp_path):
    torch.save([1, 2], tmp_path / "list.pt")
    assert "holds no weights by name (looked for them at the top, and under 'state_dict', " in (
        refusal(tmp_path / "list.pt")
    )


def test_another_network_is_told_from_its_names(tmp_path):
    save_file({"conv.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    text = refusal(tmp_path / "other.safetensors")
    lacks = "it lacks 'enter.0.weight', 'enter.0.bias', 'enter.2.weight' and 51 more"
    assert f"is of another network: {lacks}" in text
    assert text.endswith("(it has 'conv.weight')")


def test_another_width_is_told_from_its_shapes(tmp_path):
    save_file(build_model({"base_width": 8}, 0).state_dict(), tmp_path / "wide.safetensors")
    assert refusal(tmp_path / "wide.safetensors").endswith(
        "enter.0.weight is of shape (8, 1, 3, 3), and the study's of (4, 1, 3, 3) "
        "(see trainer.model_args)"
    )


def test_every_trial_starts_from_the_file(photos, tmp_path, file, heard):
    context = prepared_of(spec_of(photos, start_from=str(file)), tmp_path / "study").context
    trials = [trial(0), trial(1, seed=2, ab_weight=9.0)]
    train_together(trials, heard.on(context), heard.finished.append)
    first = [heard.curve(number)[0][1] for number in (0, 1)]
    with torch.no_grad():
        expected = context.scorer.score(MODEL(context.heldout.gray)).value
    assert [one["heldout/score"] for one in first] == pytest.approx([expected] * 2, rel=1e-4)


def test_the_demo_begins_with_a_small_network_that_paints_sepia(tmp_path):
    assert SAMPLE_NETWORK.stat().st_size < 2_000_000
    prepared = prepared_of(load_study("sepia-fix", preset="quick"), tmp_path / "study")
    context = prepared.context
    assert prepared.facts["start network"].startswith("sample_network.safetensors ")
    network = build_model({"base_width": 16}, 1)
    network.load_state_dict(context.warm_starts.state(1))
    with torch.no_grad():
        scores = context.scorer.score(context.heldout.colored(network))
    assert find_symptoms(scores.measures)[0].symptom == "sepia-cast"
    assert scores.measures["ab_correlation"] > 0.5  # it still knows which color is where


def test_another_file_than_the_study_began_with_is_refused(photos, tmp_path, file):
    spec = spec_of(photos, start_from=str(file))
    before = {"start network": "mine.safetensors 000000000000"}
    trainer = BuiltinTrainer(
        spec, tmp_path / "study", photos.parent / "small-cache", before,
        lambda event: None, lambda *views: None, lambda *reading: None,
    )  # fmt: skip
    text = "the start network changed since 'small' began (mine.safetensors 000000000000 -> "
    with pytest.raises(StudyChanged, match=re.escape(text)):
        trainer.make_ready()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
@pytest.mark.parametrize("name", ["mine.safetensors", "mine.pth"])
def test_a_file_that_ends_too_early_is_a_sentence(tmp_path, file, name, share):
    torch.save(MODEL.state_dict(), tmp_path / "mine.pth")
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(share * len(content))])
    assert "cannot be read as weights" in refusal(tmp_path / name)


def test_weights_that_are_no_numbers_are_refused(tmp_path, file):
    state = MODEL.state_dict()
    name = next(iter(state))
    torch.save({**state, name: torch.full_like(state[name], torch.nan)}, tmp_path / "ill.pth")
    assert f"{name} holds NaN or infinity" in refusal(tmp_path / "ill.pth")
