import hashlib

import pytest
import torch
from safetensors.torch import save_file

from tuner.color import trunk, trunk_files
from tuner.color.perceptual import PerceptualDistance
from tuner.color.trunk import choose_trunks, digest_of, load_trunk, random_weights
from tuner.errors import TrainerError


@pytest.fixture(scope="module")
def weights():
    """A whole torchvision state dict of squeezenet1_1, with values of our own."""
    shapes = {}

    def spy(net, asked, wanted, **_):
        shapes.update(wanted)
        return load_trunk(net, "random", wanted)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tuner.color.lpips_network.load_trunk", spy)
        PerceptualDistance("squeeze", trunk="random")
    generator = torch.Generator().manual_seed(3)
    values = {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    return {**values, "classifier.1.bias": torch.zeros(1000)}


@pytest.fixture
def unpackaged(monkeypatch):
    """The package with trained weights is not installed."""
    monkeypatch.setattr(trunk_files, "PACKAGE", "no-such-package")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty torch cache, and no network."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    monkeypatch.setattr(trunk_files, "_answers", lambda address, patience: False)
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def put(cache, monkeypatch, weights, net="squeeze"):
    torch.save(weights, cache / "new")
    digest = hashlib.sha256((cache / "new").read_bytes()).hexdigest()[:8]
    path = (cache / "new").rename(cache / f"{net}-{digest}.pth")
    addresses = {**trunk_files.ADDRESSES, net: f"https://localhost/{path.name}"}
    monkeypatch.setattr(trunk_files, "ADDRESSES", addresses)
    return path


@pytest.mark.parametrize(
    ("net", "digest"),
    [("alex", "2e71c598f67df476"), ("vgg", "9b2dd883b7c1d353"), ("squeeze", "e289356f4c7f2292")],
)
def test_the_random_trunk_is_the_same_everywhere(net, digest, nets):
    assert nets[net].trunk.digest == digest


def test_random_weights_have_the_variance_of_he():
    weight = random_weights({"features.0.weight": torch.Size((256, 64, 3, 3))})
    assert weight["features.0.weight"].var().item() == pytest.approx(2 / (64 * 9), rel=0.02)
    assert (random_weights({"features.0.bias": torch.Size((4,))})["features.0.bias"] == 0).all()


@pytest.mark.parametrize("kind", ["pth", "safetensors"])
def test_a_weight_file_is_used_and_named(kind, weights, tmp_path, photos):
    path = tmp_path / f"mine.{kind}"
    torch.save(weights, path) if kind == "pth" else save_file(weights, path)
    distance = PerceptualDistance("squeeze", trunk=str(path))
    used = {name: value for name, value in weights.items() if name.startswith("features")}
    assert (distance.trunk.name, distance.trunk.scale) == ("file", 1.0)
    assert distance.trunk.digest == digest_of(used)
    first = next(distance.network.slices.parameters())
    assert torch.equal(first, weights["features.0.weight"])


def test_a_missing_file_is_named():
    with pytest.raises(TrainerError, match=r"no weight file at 'nowhere\.pth'"):
        PerceptualDistance("squeeze", trunk="nowhere.pth")


def test_the_weights_of_another_net_are_named(weights, tmp_path):
    torch.save(weights, tmp_path / "squeezenet.pth")
    with pytest.raises(TrainerError, match=r"holds the weights of 'squeeze', not .* of 'alex'"):
        PerceptualDistance("alex", trunk=str(tmp_path / "squeezenet.pth"))


@pytest.mark.parametrize("came", [torch.zeros(2, 2), "words"])
def test_weights_of_a_wrong_shape_are_named(came, weights, tmp_path):
    torch.save({**weights, "features.3.squeeze.weight": came}, tmp_path / "odd.pth")
    with pytest.raises(
        TrainerError, match=r"some other network.*'features\.3\.squeeze\.weight' is"
    ):
        PerceptualDistance("squeeze", trunk=str(tmp_path / "odd.pth"))


@pytest.mark.parametrize("name", ["broken.pth", "broken.safetensors"])
def test_a_damaged_file_is_refused(name, tmp_path):
    (tmp_path / name).write_bytes(b"not weights at all")
    with pytest.raises(TrainerError, match=f"cannot read weights from '.*{name}'"):
        PerceptualDistance("squeeze", trunk=str(tmp_path / name))


def test_a_file_with_something_else_is_refused(tmp_path):
    torch.save([torch.zeros(3)], tmp_path / "list.pth")
    with pytest.raises(TrainerError, match="holds a list, not a state dict"):
        PerceptualDistance("squeeze", trunk=str(tmp_path / "list.pth"))


def test_auto_takes_the_cached_weights(cache, monkeypatch, weights):
    put(cache, monkeypatch, weights)
    distance = PerceptualDistance("squeeze")
    assert (distance.trunk.name, distance.trunk.scale) == ("imagenet", 1.0)
    assert distance.trunk.notice == ""


def test_a_damaged_cache_is_not_passed_over(cache, monkeypatch, weights):
    path = put(cache, monkeypatch, weights)
    path.write_bytes(b"half a file")
    with pytest.raises(TrainerError, match=r"is damaged .*delete it"):
        PerceptualDistance("squeeze")


def test_auto_without_a_cache_is_the_packaged_trunk(cache):
    distance = PerceptualDistance("squeeze", allow_download=False)
    assert (distance.net, distance.trunk.name, distance.trunk.notice) == ("lite0", "packaged", "")


def test_auto_without_weights_is_random_and_says_so(cache, unpackaged):
    distance = PerceptualDistance("squeeze", allow_download=False)
    assert distance.trunk.name == "random"
    assert "LPIPS uses random weights" in distance.trunk.notice
    assert "nothing may be downloaded" in distance.trunk.notice
    assert "the package no-such-package" in distance.trunk.notice


def test_imagenet_without_weights_is_an_error(cache):
    with pytest.raises(TrainerError, match=r"no ImageNet weights for 'squeeze'.*cannot be reached"):
        PerceptualDistance("squeeze", trunk="imagenet")


def test_a_random_trunk_that_was_asked_for_needs_no_notice():
    assert PerceptualDistance("squeeze", trunk="random").trunk.notice == ""


def test_all_nets_of_a_study_get_their_own_trunk_or_the_packaged_one(cache, monkeypatch, weights):
    put(cache, monkeypatch, weights)
    asked = [("squeeze", "auto"), ("alex", "auto")]
    assert choose_trunks(asked) == (("packaged", "packaged"), "")
    assert choose_trunks(asked[:1]) == (("imagenet",), "")


def test_all_nets_of_a_study_get_real_weights_or_none(cache, monkeypatch, weights, unpackaged):
    put(cache, monkeypatch, weights)
    chosen, notice = choose_trunks([("squeeze", "auto"), ("alex", "auto")])
    assert chosen == ("random", "random")
    assert "alexnet" in notice
    assert choose_trunks([("squeeze", "auto")]) == (("imagenet",), "")


def test_auto_follows_a_net_that_was_asked_to_be_random(cache, monkeypatch, weights):
    put(cache, monkeypatch, weights)
    chosen, notice = choose_trunks([("alex", "random"), ("squeeze", "auto")])
    assert chosen == ("random", "random")
    assert "asks for a random trunk elsewhere" in notice


def test_real_beside_random_is_said(cache, unpackaged):
    chosen, notice = choose_trunks([("alex", "mine.pth"), ("squeeze", "auto")])
    assert chosen == ("mine.pth", "random")
    assert "Another net of this study has real weights" in notice


def test_what_was_asked_for_by_name_is_not_touched(cache):
    asked = [("alex", "mine.pth"), ("squeeze", "random")]
    assert choose_trunks(asked) == (("mine.pth", "random"), "")


def test_every_net_has_a_scale_and_a_telling_weight():
    assert set(trunk.RANDOM_SCALES) == set(trunk._TELLING) == set(trunk_files.ADDRESSES)
