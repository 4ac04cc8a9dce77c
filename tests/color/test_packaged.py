import pytest
import torch

from tuner.color import packaged, trunk_files
from tuner.color.loss_terms import LossTerms
from tuner.color.packaged import FOR_LOSS, FOR_SCORE, SCALES, SMALLEST, PackagedNetwork
from tuner.color.perceptual import PerceptualDistance
from tuner.color.spaces import gray_of
from tuner.color.trunk_files import ImagenetFile, packaged_file
from tuner.errors import TrainerError


@pytest.fixture(scope="module")
def distances():
    return {blocks: PerceptualDistance(trunk="packaged", blocks=blocks) for blocks in SCALES}


@pytest.fixture(scope="module", params=SCALES, ids=["loss", "score"])
def distance(request, distances):
    return distances[request.param]


@torch.no_grad()
def test_gray_is_a_fifth_away_from_the_sample_photos(distance, photos):
    assert distance(gray_of(photos), photos).mean().item() == pytest.approx(0.2, rel=0.005)


@torch.no_grad()
def test_it_is_the_mean_squared_distance_of_unit_features(distance, photos):
    levels = zip(distance.network(photos[:2]), distance.network(photos[2:4]), strict=True)
    each = []
    for first, second in levels:
        cosine = torch.cosine_similarity(first, second, dim=1)
        each.append((2 - 2 * cosine).mean((-2, -1)))
    expected = torch.stack(each).mean(0) * distance.trunk.scale
    torch.testing.assert_close(distance(photos[:2], photos[2:4]), expected, rtol=1e-3, atol=1e-5)


def test_loss_and_score_look_at_other_blocks(distances):
    assert not set(FOR_LOSS) & set(FOR_SCORE)
    assert distances[FOR_LOSS].trunk.digest == "8e6ee2be6875658b"
    assert distances[FOR_SCORE].trunk.digest == "797b4e47785899c0"
    assert {(one.net, one.trunk.name) for one in distances.values()} == {("lite0", "packaged")}


def test_a_photo_is_not_away_from_itself(distance, photos):
    assert (distance(photos[:3], photos[:3]) == 0).all()


@pytest.mark.parametrize("value", [0.0, 1.0, 0.5])
def test_gradients_are_finite_and_in_32_bits_on_flat_pictures(distance, value, photos):
    flat = torch.full((2, 3, 40, 40), value, requires_grad=True)
    distance(flat, photos[:2, :, :40, :40]).sum().backward()
    assert flat.grad.isfinite().all()
    assert flat.grad.dtype == torch.float32
    assert flat.grad.abs().max() > 0


def test_the_layout_of_pictures_does_not_matter(distance, photos):
    last = photos[:2].contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(distance(last, photos[2:4]), distance(photos[:2], photos[2:4]))


def test_autocast_does_not_reach_it(distance, photos):
    terms = LossTerms(distance)
    target = terms.observe(photos[2:4])
    usual = terms.compare(photos[:2], target)["perceptual"]
    with torch.autocast("cpu", torch.bfloat16):
        assert terms.compare(photos[:2], terms.observe(photos[2:4]))["perceptual"] == usual


def test_networks_that_learn_as_one_are_told_the_same(distances, photos):
    terms = LossTerms(distances[FOR_LOSS])
    predictions = torch.stack([photos[4:6], photos[6:8]])
    target = terms.observe(photos[:2])
    both = terms.compare_each(predictions, [target, target], torch.ones(2, 2))["perceptual"]
    alone = [terms.compare(one, target)["perceptual"] for one in predictions]
    torch.testing.assert_close(both, torch.stack(alone), rtol=1e-4, atol=1e-6)


def test_the_smallest_picture_is_what_is_said(distance):
    pictures = torch.rand(2, 1, 3, SMALLEST, SMALLEST)
    assert distance(*pictures).isfinite().all()
    with pytest.raises(TrainerError, match=r"net 'lite0' needs pictures of at least 16x16"):
        distance.embed(torch.zeros(1, 3, 50, SMALLEST - 1))


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(packaged, "packaged_file", lambda: ImagenetFile(None, "it is gone"))
    with pytest.raises(TrainerError, match="'packaged' cannot be had: it is gone"):
        PackagedNetwork(FOR_LOSS)


def test_without_the_package_there_is_no_file(monkeypatch):
    monkeypatch.setattr(trunk_files, "PACKAGE", "no-such-package")
    found = packaged_file()
    assert found.path is None
    assert found.why_not == "the package no-such-package, which has a trained one, is not installed"


def test_a_damaged_file_is_named(monkeypatch):
    monkeypatch.setattr(trunk_files, "_PACKAGED_SHA256", "0" * 64)
    with pytest.raises(TrainerError, match=r"begins with 57934424, not 00000000\); install"):
        packaged_file()
