"""Networks of the user's that learn together, and those that cannot."""

import pytest
import torch
from small_training import WEIGHTS, Heard, prepared_of, spec_of, trial

from tuner.errors import TrainerError
from tuner.training.engine_timing import fastest_engine
from tuner.training.trial_group import train_together

CANNOT = {
    "their loss is your own": {"loss": "my_networks:Single"},
    "they draw random numbers as they learn": {"model": "my_networks:Dropping"},
    "autocast to 16 bits has no effect on them": {"precision": "bfloat16"},
    "they have buffers, as batch norm has for its statistics": {"model": "my_networks:Normed"},
    "TrainerError: trainer.model: 'my_networks:Looking' failed": {"model": "my_networks:Looking"},
}


def made(photos, folder, **trainer):
    arguments = {} if "model" in trainer else {"base_width": 4}
    weights = {"pixel": 1.0} if "loss" in trainer else WEIGHTS
    return prepared_of(spec_of(photos, weights, **{"model_args": arguments, **trainer}), folder)


def test_a_network_of_the_users_learns_together_what_it_learns_alone(photos, tmp_path):
    scores = []
    for engine in ("loop", "folded", "stacked"):
        context = made(photos, tmp_path / engine, model="my_networks:Plain", engine=engine).context
        assert context.recipe.engine == engine
        trials = [trial(number, steps=30, ab_weight=2.0 + number) for number in range(3)]
        results = train_together(trials, Heard().on(context), lambda _result: None)
        scores.append([one.score for one in results])
    assert scores[1] == pytest.approx(scores[0], rel=1e-4)
    assert scores[2] == pytest.approx(scores[0], rel=1e-4)
    assert len(set(scores[0])) == 3


@pytest.mark.parametrize(("reason", "trainer"), CANNOT.items())
def test_a_network_that_cannot_be_stacked_is_refused_with_the_reason(
    photos, tmp_path, reason, trainer
):
    with pytest.raises(TrainerError) as refusal:
        made(photos, tmp_path / "study", engine="stacked", **trainer)
    told = str(refusal.value)
    assert told.startswith(f"trainer.engine: these networks cannot be stacked ({reason}")
    assert told.endswith("); say loop, or auto")


@pytest.mark.parametrize(("reason", "trainer"), [*CANNOT.items()][::4])
def test_without_being_asked_they_are_not_stacked(photos, tmp_path, reason, trainer):
    context = made(photos, tmp_path / "study", **trainer).context
    engine, fact = fastest_engine(context, context.warm_starts.weights)
    assert engine in ("loop", "folded")
    assert f"not stacked: {reason}" in fact


@pytest.mark.parametrize(("model", "close"), [("Normed", 0.02), ("Looking", 1e-4)])
def test_what_cannot_be_stacked_may_be_folded(photos, tmp_path, model, close):
    """Rounding alone moves a bias in front of batch norm, and Adam makes much of it."""
    model = f"my_networks:{model}"
    context = made(photos, tmp_path / "study", model=model, engine="folded").context
    alone = made(photos, tmp_path / "alone", model=model, engine="loop").context
    trials = [trial(number, steps=20, ab_weight=2.0 + number) for number in range(3)]
    scores = [
        [one.score for one in train_together(trials, Heard().on(some), lambda _result: None)]
        for some in (alone, context)
    ]
    assert scores[1] == pytest.approx(scores[0], rel=close)


def test_networks_that_hold_drawn_tensors_are_not_computed_with_those_of_another_seed(
    photos, tmp_path
):
    scores = []
    for engine in ("loop", "stacked"):
        context = made(photos, tmp_path / engine, model="my_networks:Waves", engine=engine).context
        trials = [trial(number, seed=1 + number % 2, steps=20) for number in range(4)]
        results = train_together(trials, Heard().on(context), lambda _result: None)
        scores.append([one.score for one in results])
    assert scores[1] == pytest.approx(scores[0], rel=1e-4)


def test_tied_weights_are_stacked_as_one(photos, tmp_path):
    context = made(photos, tmp_path / "study", model="my_networks:Tied", engine="stacked").context
    alone = made(photos, tmp_path / "alone", model="my_networks:Tied", engine="loop").context
    trials = [trial(number, steps=20, ab_weight=2.0 + number) for number in range(3)]
    scores = [
        [one.score for one in train_together(trials, Heard().on(some), lambda _result: None)]
        for some in (alone, context)
    ]
    assert scores[1] == pytest.approx(scores[0], rel=1e-4)


@pytest.mark.parametrize(
    "trainer", [{"model": "my_networks:Full"}, {"loss": "my_networks:TooMuch"}]
)
def test_lack_of_memory_is_no_mistake_of_a_network_or_a_loss(photos, tmp_path, trainer):
    context = made(photos, tmp_path / "study", **trainer).context
    alone = trial().model_copy(update={"weights": dict(context.warm_starts.weights)})
    with pytest.raises(torch.OutOfMemoryError):
        train_together([alone], Heard().on(context), lambda _result: None)
