import pytest
import torch
from small_training import CPU, spec_of

from tuner.data.batches import Batch
from tuner.errors import TrainerError
from tuner.training.custom.loss import CustomLoss, UnusedLossTerms, custom_loss
from tuner.training.recipe import make_recipe

RGB = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
BATCH = Batch(RGB, RGB[:, :1])
WEIGHTS = {"pixel": 2.0, "restraint": 0.5}


def asked(name, weights=WEIGHTS):
    return custom_loss(f"my_networks:{name}", weights, {}).of(weights, CPU)


def called(measure, prediction=RGB * 0.5):
    nothing = UnusedLossTerms()
    return measure(prediction, BATCH, nothing.observe(RGB), nothing, 0)


def refusal(name, weights=WEIGHTS, **trainer):
    trainer = spec_of("nowhere", weights, loss=f"my_networks:{name}", **trainer).trainer
    with pytest.raises(TrainerError) as refused:
        make_recipe(trainer, weights, CPU, 16)
    return str(refused.value)


def test_a_dict_is_a_total_and_curves():
    total, parts = called(asked("Parts"))
    assert total.item() == pytest.approx(2 * parts["pixel"].item() + 0.5 * parts["re_straint_"])
    assert list(parts) == ["pixel", "re_straint_"]
    assert not parts["pixel"].requires_grad


def test_a_scalar_is_the_total():
    total, parts = called(asked("Single", {"pixel": 2.0}))
    assert (total.shape, parts) == ((), {})


def test_weights_of_any_names_are_taken_by_name():
    total, _ = called(asked("Anything", {"a": 1.0, "b": 2.0}))
    assert total.item() == pytest.approx(3 * (RGB * 0.5).mean().item())


def test_its_parts_have_no_shares():
    assert asked("Parts").shares({"total": 1.0, "pixel": 0.5}) == {}


@pytest.mark.parametrize(
    ("name", "weights", "told"),
    [
        ("Parts", {"pixle": 1.0, "restraint": 1.0},
         ("weights.pixle: 'my_networks:Parts' does not know it (did you mean 'pixel'?); the study "
         "has 'pixle' and 'restraint'")),
        ("Parts", {"restraint": 1.0},
         "weights: 'my_networks:Parts' needs 'pixel' too; the study has 'restraint'"),
        ("Nothing", WEIGHTS, "trainer.loss: 'my_networks' has no class 'Nothing'"),
        ("Uncallable", {"pixel": 1.0},
         "trainer.loss: 'my_networks:Uncallable' cannot be called with a prediction and a target"),
        ("PerPixel", WEIGHTS,
         ("trainer.loss: 'my_networks:PerPixel' returned a tensor of shape (2, 3, 16, 16) as its "
         "total, expected a tensor with one number (such as .mean() gives)")),
        ("Number", WEIGHTS, "trainer.loss: 'my_networks:Number' returned a float as its total, "),
        ("WithoutTotal", WEIGHTS,
         "trainer.loss: 'my_networks:WithoutTotal' returned 'pixel', expected 'total' among them"),
        ("OddPart", WEIGHTS,
         "trainer.loss: 'my_networks:OddPart' returned something as 'image' that is no number"),
        ("Constant", WEIGHTS, "trainer.loss: its total has no gradient (is it computed under no_"),
        ("Exploded", WEIGHTS, "trainer.loss: its total is inf before any training"),
        ("Crashing", WEIGHTS,
         ("trainer.loss: 'my_networks:Crashing' failed on prediction and target of shape "
         "(2, 3, 16, 16) (KeyError: 'vgg')")),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_with_is_a_sentence(name, weights, told):
    assert refusal(name, weights).startswith(told)


def test_arguments_of_its_own_come_beside_the_weights():
    loss = custom_loss("my_networks:Parts", {"pixel": 2.0}, {"restraint": 0.5})
    total, parts = called(loss.of({"pixel": 2.0}, CPU))
    assert total.item() == pytest.approx(2 * parts["pixel"].item() + 0.5 * parts["re_straint_"])


def test_a_loss_that_finds_no_memory_while_it_is_built_is_no_mistake_of_its_own():
    def full(**_weights):
        raise MemoryError

    with pytest.raises(MemoryError):
        CustomLoss("mine:Loss", full, "", {}).of({"pixel": 1.0}, CPU)


def test_an_argument_that_it_does_not_know_is_a_sentence():
    assert refusal("Parts", {"pixel": 1.0}, loss_args={"devise": "cpu"}).startswith(
        "trainer.loss_args.devise: 'my_networks:Parts' does not know it ("
    )


def test_whether_a_step_draws_random_numbers_is_found_by_trying():
    def recipe(**trainer):
        return make_recipe(spec_of("x", {"pixel": 1.0}, **trainer).trainer, {"pixel": 1.0}, CPU, 16)

    assert not recipe(loss="my_networks:Anything").draws
    assert recipe(loss="my_networks:Single").draws
    assert recipe(model="my_networks:Dropping", model_args={}).draws
    assert not recipe(model="my_networks:Normed", model_args={}).draws


def test_a_network_without_gradient_is_a_sentence():
    trainer = spec_of("x", model="my_networks:Detached", model_args={}).trainer
    with pytest.raises(TrainerError, match=r"^trainer\.model: its output has no gradient"):
        make_recipe(trainer, WEIGHTS, CPU, 16)
