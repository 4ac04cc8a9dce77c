import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_training import CPU, WEIGHTS, Poisoned, spec_of, trial

from tuner.color.loss_terms import LossTerms
from tuner.training import learner as learning
from tuner.training.learner import Learner, rate

SHARES = ["share/perceptual", "share/l_luminance", "share/ab_chrominance", "share/saturation"]


def parameters(model):
    return torch.cat([value.detach().flatten() for value in model.parameters()])


@pytest.fixture
def learner_of(photos):
    def build(asked=None, start=None, **trainer):
        return Learner(asked or trial(), spec_of(photos, **trainer).trainer, CPU, start)

    return build


@pytest.fixture
def learn(context):
    def steps(learner, number, terms=context.terms):
        for step in range(number):
            batch = context.batches.draw(learner.trial.seed, step)
            learner.step(batch, terms.observe(batch.rgb), terms)
        return learner

    return steps


# the learning rate


@given(st.integers(1, 3000))
def test_the_learning_rate_rises_to_its_highest_and_then_falls(steps):
    rates = [rate(step, steps) for step in range(steps)]
    top = rates.index(max(rates))
    assert max(rates) == 1.0
    assert all(0 < one <= 1 for one in rates)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert top <= max(1, 0.06 * steps)


@given(st.integers(60, 20_000))
def test_the_learning_rate_ends_near_0(steps):
    assert rate(steps - 1, steps) < 1e-3


def test_the_learning_rate_of_100_steps_is_known():
    assert [rate(step, 100) for step in (0, 4, 5)] == pytest.approx([0.2, 1.0, 1.0])
    assert rate(52, 100) == pytest.approx(0.5 * (1 + math.cos(math.pi * 47 / 95)))


# the averaged weights


def test_one_step_leaves_the_averaged_weights_equal_to_the_last_ones(learner_of, learn):
    learner = learn(learner_of(trial(steps=1)), 1)
    averaged = torch.cat([value.flatten() for value in learner.averaged_state().values()])
    assert torch.equal(averaged, parameters(learner.model))


def test_the_averaged_weights_are_the_exponential_average_of_all(learner_of, learn, context):
    learner = learner_of(trial(steps=40))
    expected = None
    for step in range(6):
        batch = context.batches.draw(1, step)
        learner.step(batch, context.terms.observe(batch.rgb), context.terms)
        now = parameters(learner.model)
        expected = now if expected is None else 0.75 * expected + 0.25 * now
    averaged = torch.cat([value.flatten() for value in learner.averaged_state().values()])
    assert torch.allclose(averaged, expected, atol=1e-6)
    assert not torch.allclose(averaged, now, atol=1e-6)


def test_predictions_come_from_the_averaged_weights(learner_of, learn, context):
    learner = learn(learner_of(trial(steps=40)), 3)
    gray = context.heldout.gray
    other = learner_of(trial(seed=9), learner.averaged_state())
    assert torch.equal(learner.predict(gray), other.model(gray))
    assert not torch.equal(learner.predict(gray), learner.model(gray))
    assert not learner.predict(gray).requires_grad


def test_many_photos_are_predicted_in_several_goes(learner_of, learn, context, monkeypatch):
    learner = learn(learner_of(), 2)
    whole = learner.predict(context.heldout.gray)
    monkeypatch.setattr(learning, "PIXELS_AT_ONCE", 3 * 32 * 32)
    assert torch.allclose(learner.predict(context.heldout.gray), whole, atol=1e-5)


def test_a_kept_state_does_not_change_when_learning_goes_on(learner_of, learn):
    learner = learn(learner_of(), 1)
    state = learner.averaged_state()
    before = {name: value.clone() for name, value in state.items()}
    learn(learner, 2)
    assert all(torch.equal(state[name], value) for name, value in before.items())


# 16 bits


def test_in_16_bits_a_step_goes_nearly_the_same_way(learner_of, learn):
    learned = learn(learner_of(), 4)
    ways = []
    for precision in ("float32", "bfloat16"):
        learner = learner_of(precision=precision)
        learner.go_on_from(learned.state(), learned.progress())
        learn(learner, 1)
        ways.append(torch.cat([one.grad.flatten() for one in learner.model.parameters()]))
    assert not torch.equal(*ways)
    assert torch.cosine_similarity(*ways, dim=0) > 0.99


def test_in_16_bits_loss_weights_and_predictions_keep_32(learner_of, learn, context):
    learner = learn(learner_of(precision="bfloat16"), 2)
    assert {value.dtype for value in learner.state().values()} <= {torch.float32, torch.int64}
    seen = []

    class Watched(LossTerms):
        def compare(self, prediction, *rest, **named):
            seen.append(prediction)
            return super().compare(prediction, *rest, **named)

    batch = context.batches.draw(1, 0)
    terms = Watched(context.terms.perceptual)
    learner.step(batch, terms.observe(batch.rgb), terms)
    assert seen[0].dtype == torch.float32
    assert len(seen[0].unique()) > 1000  # 16 bits have 256 values from 0.5 to 1
    averaged = learner.averaged_state()
    alone = learner_of(trial(seed=9), averaged).model(context.heldout.gray)
    assert torch.equal(learner.predict(context.heldout.gray), alone)


# what is told of it


def test_learning_lowers_the_loss(learner_of, learn):
    learner = learner_of(trial(steps=60), learning_rate=5e-3)
    first = learn(learner, 5).averages()["loss/total"]
    learn(learner, 50).averages()
    assert learn(learner, 5).averages()["loss/total"] < first


def test_shares_sum_to_1_and_follow_the_weights(learner_of, learn):
    values = learn(learner_of(), 3).averages()
    assert sum(values[name] for name in SHARES) == pytest.approx(1, abs=1e-5)
    components = ("perceptual", "l_luminance", "ab_chrominance", "saturation")
    weighted = sum(
        weight * values[f"loss/{name}"]
        for name, weight in zip(components, WEIGHTS.values(), strict=True)
    )
    assert weighted == pytest.approx(values["loss/total"], rel=1e-5)
    assert values["share/ab_chrominance"] == pytest.approx(
        2 * values["loss/ab_chrominance"] / values["loss/total"]
    )


def test_a_component_without_weight_has_no_share_but_is_watched(learner_of, learn):
    values = learn(learner_of(trial(perceptual_weight=0)), 2).averages()
    assert values["share/perceptual"] == 0
    assert values["loss/perceptual"] > 0
    assert sum(values[name] for name in SHARES) == pytest.approx(1, abs=1e-5)


def test_averages_begin_afresh_after_they_were_told(learner_of, learn):
    learner = learn(learner_of(), 2)
    assert learner.averages()["loss/total"] > 0
    assert set(learner.averages().values()) == {0.0}


def test_averages_are_means_over_the_steps(learner_of, learn, context):
    one, two = learner_of(), learner_of()
    singly = []
    for step in range(2):
        batch = context.batches.draw(1, step)
        one.step(batch, context.terms.observe(batch.rgb), context.terms)
        singly.append(one.averages()["loss/saturation"])
    assert learn(two, 2).averages()["loss/saturation"] == pytest.approx(sum(singly) / 2)


def test_a_and_b_may_weigh_differently(learner_of, learn):
    reds, blues = (
        learn(learner_of(trial(a_weight=a, b_weight=2 - a)), 2).averages() for a in (2, 0)
    )
    assert reds["loss/ab_chrominance"] != blues["loss/ab_chrominance"]


# divergence


def test_a_loss_that_is_nan_ends_the_training_and_changes_nothing(learner_of, learn, context):
    learner = learn(learner_of(trial(a_weight=7, b_weight=7)), 1)
    before = parameters(learner.model)
    batch = context.batches.draw(1, 1)
    terms = Poisoned(context.terms, step=1)
    learner.step(batch, terms.observe(batch.rgb), terms)
    assert learner.problem == "the loss became nan at step 2"
    assert torch.equal(parameters(learner.model), before)


def test_a_gradient_that_is_infinite_ends_the_training(learner_of, learn, context):
    learner = learner_of()
    learner.model.head.bias.register_hook(lambda gradient: gradient * float("inf"))
    learn(learner, 1)
    assert learner.problem in {f"the gradient became {one} at step 1" for one in ("inf", "nan")}


def test_an_absurd_learning_rate_diverges_at_the_second_step(learner_of, learn):
    assert learn(learner_of(learning_rate=1e30), 2).problem == "the loss became nan at step 2"


def test_without_any_weight_there_is_nothing_to_learn_from(learner_of, learn):
    learner = learn(learner_of(trial(**dict.fromkeys(WEIGHTS, 0.0))), 1)
    assert learner.problem == "all weights of the loss are 0"
    assert set(learner.averages().values()) == {0.0}


# where it starts


def test_it_starts_from_its_seed_or_from_a_given_state(learner_of):
    fresh, same, other = learner_of(), learner_of(), learner_of(trial(seed=2))
    assert torch.equal(parameters(fresh.model), parameters(same.model))
    assert not torch.equal(parameters(fresh.model), parameters(other.model))
    forked = learner_of(trial(seed=2), fresh.averaged_state())
    assert torch.equal(parameters(forked.model), parameters(fresh.model))
