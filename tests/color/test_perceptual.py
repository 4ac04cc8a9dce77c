import importlib
import warnings

import pytest
import torch

from tuner.color.lpips_network import MINIMUM_SIDES
from tuner.color.perceptual import PerceptualDistance
from tuner.color.spaces import gray_of
from tuner.color.trunk import random_weights
from tuner.errors import TrainerError

NETS = tuple(MINIMUM_SIDES)


@pytest.fixture(scope="module", params=NETS)
def pair(request, nets):
    """Our distance, and `lpips.LPIPS` on the same weights."""
    net = request.param
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = importlib.import_module("lpips").LPIPS(net=net, pnet_rand=True, verbose=False)
    names = {name: "features." + name.split(".", 1)[1] for name in network.net.state_dict()}
    shapes = {names[k]: value.shape for k, value in network.net.state_dict().items()}
    weights = random_weights(shapes)
    network.net.load_state_dict({k: weights[name] for k, name in names.items()})
    return nets[net], network


@pytest.mark.parametrize("side", [33, 64])
def test_distances_are_those_of_the_lpips_package(pair, side, photos):
    ours, theirs = pair
    first, second = photos[:4, :, :side, :side], photos[4:8, :, :side, :side]
    expected = theirs(first, second, normalize=True).flatten() * ours.trunk.scale
    torch.testing.assert_close(ours(first, second), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("net", NETS)
def test_gray_is_a_fifth_away_from_the_sample_photos(net, nets, photos):
    some = photos if net == "squeeze" else photos[::2]
    with torch.no_grad():
        mean = nets[net](gray_of(some), some).mean().item()
    assert mean == pytest.approx(0.2, rel=0.01 if net == "squeeze" else 0.05)


def test_a_photo_is_not_away_from_itself(alex, photos):
    assert (alex(photos[:3], photos[:3]) == 0).all()


def test_the_embedding_of_a_target_serves_many_predictions(alex, photos):
    target = alex.embed(photos[:3])
    for prediction in (gray_of(photos[:3]), photos[3:6]):
        between = alex.between(alex.embed(prediction), target)
        torch.testing.assert_close(between, alex(prediction, photos[:3]))


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("value", [0.0, 1.0, 0.5, (0.485, 0.456, 0.406)])
def test_gradients_are_finite_on_flat_pictures(net, nets, value, photos):
    flat = torch.ones(2, 3, 40, 40) * torch.tensor(value).view(-1, 1, 1)
    flat.requires_grad_()
    nets[net](flat, photos[:2, :, :40, :40]).sum().backward()
    assert flat.grad.isfinite().all()


@pytest.mark.parametrize("net", NETS)
def test_the_smallest_picture_is_what_is_said(net, nets):
    distance, side = nets[net], MINIMUM_SIDES[net]
    assert distance(torch.zeros(1, 3, side, side), torch.ones(1, 3, side, side)).shape == (1,)
    with pytest.raises(TrainerError, match=rf"at least {side}x{side} pixels, got 50x{side - 1}"):
        distance.embed(torch.zeros(1, 3, 50, side - 1))


def test_it_stays_frozen_and_in_evaluation_mode(alex):
    assert not alex.train().training
    assert not any(weight.requires_grad for weight in alex.parameters())


def test_the_global_random_state_is_left_alone():
    before = torch.random.get_rng_state()
    PerceptualDistance("squeeze", trunk="random")
    assert torch.equal(before, torch.random.get_rng_state())


def test_an_unknown_net_is_refused():
    with pytest.raises(TrainerError, match="unknown 'alexnet' \\(allowed: alex, vgg, squeeze\\)"):
        PerceptualDistance("alexnet", trunk="random")
