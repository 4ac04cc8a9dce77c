import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from tuner.color.spaces import gray_of
from tuner.diagnosis.checkpoints import case_of_checkpoint, load_network, parse_arguments
from tuner.diagnosis.examine import examine
from tuner.errors import PhotosError, TrainerError
from tuner.results import Trial
from tuner.spec.trainer import TrainerSpec
from tuner.training.learner import Learner
from tuner.training.model import build_model


def network(width=4, gray_skip=True, scale=0.0):
    """A network whose head says nothing, or something."""
    model = build_model({"base_width": width, "gray_skip": gray_skip}, seed=3)
    with torch.no_grad():
        model.head.weight.add_(
            scale * torch.randn(model.head.weight.shape, generator=torch.Generator().manual_seed(1))
        )
    return model


def kept(path, model, **metadata):
    save_file(model.state_dict(), path, metadata=metadata or None)
    return path


@pytest.fixture
def photos(folders):
    return str(folders[1])


@pytest.mark.parametrize("width", [4, 8])
def test_a_network_comes_back_with_its_width(tmp_path, width):
    model = network(width, scale=0.3)
    gray = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    loaded = load_network(kept(tmp_path / "a.safetensors", model), {})
    assert torch.equal(loaded(gray), model(gray))


def test_what_the_weights_do_not_tell_stands_in_the_metadata_or_is_said(tmp_path):
    model = network(gray_skip=False)
    told = kept(tmp_path / "told.safetensors", model, model_args=json.dumps({"gray_skip": False}))
    silent = kept(tmp_path / "silent.safetensors", model)
    assert load_network(told, {}).gray_skip is False
    assert load_network(silent, {}).gray_skip is True
    assert load_network(silent, {"gray_skip": False}).gray_skip is False
    assert load_network(told, {"gray_skip": True}).gray_skip is True


def test_a_network_that_says_nothing_is_gray(tmp_path, photos):
    case = case_of_checkpoint(kept(tmp_path / "a.safetensors", network()), photos, {})
    assert examine(case).symptom == "gray"
    assert case.names == tuple(f"{number}.jpg" for number in range(6))
    assert case.title.startswith("6 photos of ")


def test_views_are_gray_prediction_and_photo(tmp_path, photos, folders):
    model = network(scale=0.2)
    case = case_of_checkpoint(kept(tmp_path / "a.safetensors", model), photos, {})
    gray, prediction, photo = case.views(2)
    assert (photo == np.asarray(Image.open(folders[1] / "2.jpg"))).all()
    rgb = torch.from_numpy(photo.copy()).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        expected = model(gray_of(rgb)[:, :1])[0].permute(1, 2, 0) * 255
    assert np.abs(prediction - expected.numpy()).max() <= 0.51
    assert (gray[..., 0] == gray[..., 2]).all()


def test_what_cannot_be_used_is_left_out_and_named(tmp_path, photos, folders):
    Image.new("RGB", (40, 40), (90, 90, 90)).save(folders[1] / "gray.png")
    Image.new("RGB", (40, 12), (255, 90, 30)).save(folders[1] / "low.png")
    (folders[1] / "torn.png").write_bytes(b"no picture")
    case = case_of_checkpoint(kept(tmp_path / "a.safetensors", network()), photos, {})
    [remark] = case.remarks
    assert remark.startswith("3 photos were left out: gray.png (gray), low.png (40x12, 16 pixels")


def test_too_few_photos_are_refused_with_the_reason(tmp_path, photos, folders):
    for number in range(3):
        (folders[1] / f"{number}.jpg").write_bytes(b"no picture")
    with pytest.raises(PhotosError, match=r"3 photos of .* at least 4 are needed; left out: 0.jpg"):
        case_of_checkpoint(kept(tmp_path / "a.safetensors", network()), photos, {})


def test_large_photos_are_colored_small(tmp_path):
    folder = tmp_path / "large"
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(4):
        rough = Image.fromarray(random.integers(0, 256, (4, 6, 3), np.uint8))
        rough.resize((600, 400), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    case = case_of_checkpoint(kept(tmp_path / "a.safetensors", network()), str(folder), {})
    assert case.views(0).prediction.shape == (128, 192, 3)


def test_arguments_are_typed_as_they_look():
    assert parse_arguments("base_width=8, gray_skip=False,x=y") == {
        "base_width": 8, "gray_skip": False, "x": "y"
    }  # fmt: skip


def test_of_a_training_that_goes_on_the_averaged_weights_are_taken(tmp_path):
    trial = Trial(weights={"ab_weight": 1.0}, seed=2, steps=9, role="baseline")
    trainer = TrainerSpec(model_args={"base_width": 4})
    learner = Learner(trial, trainer, torch.device("cpu"), None)
    save_file(learner.state(), tmp_path / "a.safetensors")
    gray = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    loaded = load_network(tmp_path / "a.safetensors", {})
    assert torch.allclose(loaded(gray), learner.predict(gray), atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"base_width": 8}, "does not fit the built-in unet: size mismatch for enter.0.weight"),
        ({"gray_skp": False}, "did you mean 'gray_skip'?"),
        ({"gray_skip": "no"}, "expected true or false"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(tmp_path, arguments, told):
    with pytest.raises(TrainerError) as refused:
        load_network(kept(tmp_path / "a.safetensors", network()), arguments)
    assert told in str(refused.value)


def test_an_argument_without_a_value_is_refused():
    with pytest.raises(TrainerError, match="--model-args gray_skip: no '=' in it"):
        parse_arguments("gray_skip")


def test_files_of_something_else_are_refused(tmp_path):
    (tmp_path / "text.safetensors").write_text("not a network at all")
    save_file({"conv.weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    odd = kept(tmp_path / "odd.safetensors", network(), model_args="[1]")
    for file, told in (
        (tmp_path / "none.safetensors", "there is no file"),
        (tmp_path, "there is no file"),
        (tmp_path / "text.safetensors", "cannot be read as safetensors"),
        (tmp_path / "other.safetensors", "is no network of the built-in unet"),
        (odd, "its metadata 'model_args' are '[1]', expected a JSON object"),
    ):
        with pytest.raises(TrainerError) as refused:
            load_network(file, {})
        assert told in str(refused.value)
