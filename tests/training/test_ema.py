import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from tuner.training.ema import Ema


@pytest.fixture
def model():
    """Weights, statistics in floats, and a counter in whole numbers."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3))


def moved(model, step):
    with torch.no_grad():
        for index, value in enumerate((*model.parameters(), *model.buffers())):
            value.add_(step + index + 1)
    return model


def test_it_is_torchs_average_of_weights_and_statistics(model):
    averaging = Ema(model, steps=50)
    reference = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.8), use_buffers=True)
    for step in range(5):
        moved(model, step)
        averaging.take_in(model, step)
        reference.update_parameters(model)
    expected = reference.module.state_dict()
    for name, value in averaging.model.state_dict().items():
        if name != "1.num_batches_tracked":
            assert torch.equal(value, expected[name]), name


def test_after_one_step_it_is_the_network_and_then_a_tenth_of_the_way(model):
    averaging = Ema(model, steps=100)
    averaging.take_in(moved(model, 0), 0)
    first = model[0].bias.detach().clone()
    assert torch.equal(averaging.model[0].bias, first)
    averaging.take_in(moved(model, 0), 1)
    assert torch.allclose(averaging.model[0].bias, 0.9 * first + 0.1 * model[0].bias)


def test_a_counter_is_taken_over(model):
    averaging = Ema(model, steps=100)
    for step in range(3):
        averaging.take_in(moved(model, step), step)
    assert averaging.model[1].num_batches_tracked == model[1].num_batches_tracked > 0


def test_the_network_itself_goes_on_learning_and_its_average_never_does(model):
    averaging = Ema(model, steps=100)
    assert all(value.requires_grad for value in model.parameters())
    assert not any(value.requires_grad for value in averaging.model.parameters())
    assert not averaging.model.training
