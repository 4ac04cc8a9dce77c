from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from small_training import CPU, spec_of

from tuner.errors import TrainerError
from tuner.training.custom.interface import ModelInterface
from tuner.training.custom.model import custom_network


def network(name, photos="nowhere", side=16, **trainer):
    spec = spec_of(photos, model=f"my_networks:{name}", **{"model_args": {}, **trainer})
    return custom_network(spec.trainer, CPU, side)


def refusal(name, **trainer):
    with pytest.raises(TrainerError) as refused:
        network(name, **trainer)
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "form", "guess"),
    [
        ("Plain", ModelInterface("gray", "rgb"), ""),
        ("Normed", ModelInterface("gray3", "ab_scaled"), "ab in -1..1, times 110"),
        ("LabUnits", ModelInterface("gray3", "ab"), "ab in Lab units"),
        ("Clip", ModelInterface("frame", "rgb_scaled"), "RGB in -1..1"),
    ],
)
def test_how_a_network_is_asked_is_found_by_trying(name, form, guess):
    found = network(name)
    assert found.form == form
    assert guess in found.notice
    assert bool(found.notice) == bool(guess)
    assert found.fact.startswith(f"my_networks:{name} ")
    assert found.fact.endswith(f" ({form.input} -> {form.output})")


def test_a_network_for_three_channels_of_video_is_tried_last():
    found = network("Clip", model_args={"channels": 3})
    assert found.form.input == "frame3"
    assert found.color(found.build(0), torch.rand(2, 1, 16, 16)).shape == (2, 3, 16, 16)


def test_what_is_said_is_not_guessed():
    found = network("Normed", input="gray3", output="ab")
    assert (found.form, found.notice) == (ModelInterface("gray3", "ab"), "")


def test_arguments_reach_the_constructor():
    assert network("Plain", model_args={"width": 7}).build(0).head.in_channels == 7


def test_weights_follow_the_seed_whatever_else_draws():
    found = network("Normed", model_args={"width": 32})
    alone = {seed: found.build(seed).enter.weight for seed in range(2)}
    assert not torch.equal(alone[0], alone[1])
    with ThreadPoolExecutor(4) as pool:
        built = pool.map(lambda seed: found.build(seed).enter.weight, [0, 1] * 10)
    assert all(torch.equal(one, alone[number % 2]) for number, one in enumerate(built))


def test_torchs_own_generator_stays_where_it_was():
    before = torch.get_rng_state()
    network("Dropping").build(3)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("NotANetwork", "trainer.model: 'my_networks:NotANetwork' is no torch.nn.Module"),
        ("Broken", "cannot be built (ValueError: no such layer)"),
        ("Frozen", "has no parameters that learn"),
        ("Uncopied", "cannot be copied, which averaging its weights needs (RuntimeError: cannot"),
        ("Elsewhere", "with one seed differ in 'head.weight'; draw their weights from torch's own"),
        ("Bytes", "returned values from "),
        ("OnlyWhenTraining", "in evaluation mode returned a dict of 1, expected a tensor"),
    ],
)
def test_what_cannot_be_trained_is_a_sentence(name, told):
    assert told in refusal(name)


def test_all_that_was_tried_is_told_with_its_shapes():
    said = refusal("FourChannels")
    assert said.startswith(
        "trainer.model: 'my_networks:FourChannels' makes no colors of gray photos in any way that "
        "was tried (gray (2, 1, 16, 16): RuntimeError: Given groups=1, weight of size [3, 4, 1, 1]"
    )
    assert all(way in said for way in ("gray3 (2, 3, 16, 16)", "frame3 (2, 3, 1, 16, 16)"))


def test_a_wrong_output_is_told_with_what_is_expected():
    expected = "(2, 1, 16, 16) of torch.float32, expected (2, 2, 16, 16) or (2, 3, 16, 16) in float"
    assert f"gray (2, 1, 16, 16): returned {expected}" in refusal("OneChannel")
    assert "expected (2, 2, 16, 16) in floats" in refusal("Plain", output="ab")
    assert "returned a tuple of 2, expected a tensor" in refusal("Tuple")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"widht": 4}, "trainer.model_args.widht: 'my_networks:Plain' does not know it (did you m"),
        ({"width": "wide"}, "trainer.model: 'my_networks:Plain' cannot be built (TypeError: "),
    ],
)
def test_unknown_arguments_are_refused(arguments, told):
    assert refusal("Plain", model_args=arguments).startswith(told)


def test_a_network_that_fails_later_says_on_what():
    found = network("Plain")
    with pytest.raises(TrainerError, match=r"failed on a batch of shape \(2, 5, 8, 8\) \(Runtime"):
        found.color(found.build(0), torch.rand(2, 5, 8, 8))
