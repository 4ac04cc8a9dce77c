import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from tuner.errors import TrainerError
from tuner.training.model import DARKEST, UNet, build_model, check_model_arguments

SMALL = {"base_width": 4}


def gray(height=16, width=16, batch=2):
    return torch.rand(batch, 1, height, width, generator=torch.Generator().manual_seed(3))


def weights(model):
    return torch.cat([value.detach().flatten() for value in model.parameters()])


def test_it_starts_as_the_gray_photo():
    photo = gray()
    photo[0, 0, 0, :4] = torch.tensor([0.0, 1.0, DARKEST, 1 - DARKEST])
    expected = photo.clamp(DARKEST, 1 - DARKEST).expand(-1, 3, -1, -1)
    assert torch.allclose(build_model(SMALL, 0)(photo), expected, atol=1e-6)


def test_without_the_gray_skip_it_starts_in_the_middle():
    model = build_model({**SMALL, "gray_skip": False}, 0)
    assert torch.equal(model(gray()), torch.full((2, 3, 16, 16), 0.5))


def test_any_head_gives_colors_between_0_and_1():
    model = build_model(SMALL, 0)
    torch.nn.init.constant_(model.head.bias, 50.0)
    assert model(gray()).aminmax() == (1.0, 1.0)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (9, 31), (33, 17), (15, 40)])
def test_odd_sizes_keep_their_size(height, width):
    assert build_model(SMALL, 0)(gray(height, width)).shape == (2, 3, height, width)


def test_training_mode_changes_nothing_and_neighbors_in_a_batch_do_not_matter():
    model, photo = build_model(SMALL, 0), gray(batch=3)
    torch.nn.init.ones_(model.head.weight)
    together = model.train()(photo)
    assert torch.equal(together, model.eval()(photo))
    assert torch.allclose(together[1:2], model(photo[1:2]), atol=1e-5)


def test_one_seed_gives_one_network_and_two_seeds_give_two():
    assert torch.equal(weights(build_model(SMALL, 5)), weights(build_model(SMALL, 5)))
    assert not torch.equal(weights(build_model(SMALL, 5)), weights(build_model(SMALL, 6)))


def test_weights_are_drawn_as_torch_draws_them():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        expected = UNet(4)
    assert torch.equal(weights(build_model(SMALL, 5)), weights(expected))


def test_torchs_own_generator_is_neither_read_nor_moved():
    before = torch.random.get_rng_state()
    first = weights(build_model(SMALL, 5))
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.rand(3)
    assert torch.equal(weights(build_model(SMALL, 5)), first)


def test_networks_built_at_the_same_time_do_not_disturb_each_other():
    alone = {seed: weights(build_model({"base_width": 16}, seed)) for seed in range(2)}
    with ThreadPoolExecutor(2) as pool:
        built = pool.map(lambda seed: build_model({"base_width": 16}, seed), [0, 1] * 10)
        for number, model in enumerate(built):
            assert torch.equal(weights(model), alone[number % 2])


def test_the_width_is_32_unless_asked_otherwise():
    assert check_model_arguments({}) == (32, True)
    assert check_model_arguments({"base_width": 8, "gray_skip": False}) == (8, False)


WIDTHS = "expected a multiple of 4 from 4 to 256"
KNOWN = "it knows base_width, gray_skip"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"base_widht": 8}, f"does not know it (did you mean 'base_width'?); {KNOWN}"),
        ({"zzz": 8}, f"model_args.zzz: the built-in unet does not know it; {KNOWN}"),
        ({"base_width": 6}, f"trainer.model_args.base_width: got 6, {WIDTHS}"),
        ({"base_width": 0}, f"got 0, {WIDTHS}"),
        ({"base_width": 260}, f"got 260, {WIDTHS}"),
        ({"base_width": True}, f"got true, {WIDTHS}"),
        ({"base_width": 8.0}, f"got 8.0, {WIDTHS}"),
        ({"base_width": "8"}, f"got '8', {WIDTHS}"),
        ({"gray_skip": 1}, "trainer.model_args.gray_skip: got 1, expected true or false"),
        ({"gray_skip": "yes"}, "got 'yes', expected true or false"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, text):
    with pytest.raises(TrainerError, match=re.escape(text) + "$"):
        build_model(arguments, 0)
