from dataclasses import replace

import pytest
import torch
from small_training import CPU, prepared_of, spec_of, trial
from torch import nn

from tuner.errors import TrainerError
from tuner.training.batch_cache import BatchCache
from tuner.training.frozen import check_parts, freeze_except
from tuner.training.groups import GROUPINGS
from tuner.training.learner import Learner


def network():
    return nn.ModuleDict(
        {"body": nn.Linear(2, 2), "body_two": nn.Linear(2, 2), "head": nn.Linear(2, 1)}
    )


def learning(model):
    return [name for name, value in model.named_parameters() if value.requires_grad]


@pytest.mark.parametrize(
    ("parts", "left"),
    [
        (
            [],
            [
                "body.weight",
                "body.bias",
                "body_two.weight",
                "body_two.bias",
                "head.weight",
                "head.bias",
            ],
        ),
        (["head"], ["head.weight", "head.bias"]),
        (["body"], ["body.weight", "body.bias"]),
        (["head.bias", "body_two"], ["body_two.weight", "body_two.bias", "head.bias"]),
    ],
)
def test_the_named_parts_learn_alone(parts, left):
    model = network()
    freeze_except(model, parts)
    assert learning(model) == left


def test_what_the_network_freezes_itself_stays_frozen():
    model = network()
    model["head"].bias.requires_grad_(False)
    freeze_except(model, ["head"])
    assert learning(model) == ["head.weight"]


def test_statistics_of_a_frozen_part_stay_and_those_of_the_others_move():
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 2), nn.BatchNorm1d(2))
    freeze_except(model, ["2.bias"])
    model(torch.randn(8, 2, generator=torch.Generator().manual_seed(0)) + 3)
    moved = [bool(model[place].running_mean.abs().sum()) for place in (0, 2)]
    assert moved == [False, True]


@pytest.mark.parametrize(
    ("part", "hint"),
    [
        ("haed", "did you mean 'head'?"),
        ("encoder", "at the top it has 'body', 'body_two', 'head'"),
        ("bo", "did you mean 'body'?"),
    ],
)
def test_an_unknown_part_is_a_sentence(part, hint):
    with pytest.raises(TrainerError) as refused:
        check_parts(network(), ["head", part])
    text = f"trainer.train_only: the network has no part '{part}' ({hint})"
    assert str(refused.value) == text


def test_a_part_in_which_nothing_learns_is_refused():
    model = network().requires_grad_(False)
    with pytest.raises(TrainerError, match=r"nothing in 'head' learns, as the network freezes it"):
        check_parts(model, ["head"])


@pytest.fixture
def start(context):
    learner = Learner(trial(seed=7), context.trainer, CPU, None)
    return learner.averaged_state()


@pytest.mark.parametrize("engine", ["loop", "folded", "stacked"])
def test_frozen_parts_stay_as_they_were_with_each_engine(engine, context, photos, start):
    trainer = spec_of(photos, start_from="sample", train_only=["head"]).trainer
    recipe = replace(context.recipe, engine=engine)
    asked = [trial(number, ab_weight=number + 1.0) for number in (0, 1)]
    learners = [Learner(one, trainer, CPU, start, recipe) for one in asked]
    batch_cache = BatchCache(context.batches, context.terms, 0)
    for group in GROUPINGS[engine](learners, 1):
        group.step(batch_cache)
    for learner in learners:
        assert not learner.problem
        changed = {
            name
            for name, value in learner.model.state_dict().items()
            if not torch.equal(value, start[name])
        }
        assert changed == {"head.weight", "head.bias"}


def test_a_frozen_training_goes_on_to_the_last_bit(context, photos, start):
    trainer = spec_of(photos, start_from="sample", train_only=["head"]).trainer

    def steps(learner, first, last):
        for step in range(first, last):
            batch = context.batches.draw(1, step)
            learner.step(batch, context.terms.observe(batch.rgb), context.terms)
        return learner

    whole = steps(Learner(trial(), trainer, CPU, start), 0, 4)
    half = steps(Learner(trial(), trainer, CPU, start), 0, 2)
    resumed = Learner(trial(), trainer, CPU, start)
    resumed.go_on_from(half.state(), half.progress())
    steps(resumed, 2, 4)
    assert all(torch.equal(value, resumed.state()[name]) for name, value in whole.state().items())


def test_start_networks_learn_as_a_whole(photos, tmp_path):
    spec = spec_of(photos, start_from="baseline", start_steps=2, train_only=["head"])
    starts = prepared_of(spec, tmp_path).context.warm_starts
    starts.make_ready([1])
    untrained = Learner(trial(), starts.trainer, CPU, None).averaged_state()
    same = [name for name, value in starts.state(1).items() if torch.equal(value, untrained[name])]
    assert same == []


def test_an_unknown_part_is_refused_before_anything_is_trained(photos, tmp_path):
    spec = spec_of(photos, start_from="baseline", train_only=["haed"])
    with pytest.raises(TrainerError, match=r"no part 'haed' \(did you mean 'head'\?\)"):
        prepared_of(spec, tmp_path)
