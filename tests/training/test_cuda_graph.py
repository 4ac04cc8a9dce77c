"""Steps that are recorded and replayed: those of the loop, but for the rounding of the rate."""

from dataclasses import replace

import pytest
import torch
from small_training import CPU, WEIGHTS, Heard, spec_of, trial

from tuner.training import learner
from tuner.training.batch_cache import BatchCache
from tuner.training.cuda_graph import WARM_UP
from tuner.training.groups import GROUPINGS
from tuner.training.learner import Learner
from tuner.training.recipe import make_recipe
from tuner.training.trial_group import train_together

TRIALS = [trial(0), trial(1, ab_weight=4.0, rare_color_weight=1.0), trial(2, seed=2, l_weight=0.0)]

pytestmark = pytest.mark.usefixtures("graphs_replayed_by_hand")


@pytest.fixture
def stepped(photos, context, monkeypatch):
    """Networks after some steps by an engine; `spoil` is called before each step."""

    monkeypatch.setattr(learner, "rate", lambda *_step: 1.0)

    def learn(engine, steps, spoil=lambda _learners: None):
        # A rate that 32 bits hold exactly, as a graph has it.
        spec = spec_of(photos, learning_rate=2**-10).trainer
        recipe = replace(make_recipe(spec, WEIGHTS, CPU), engine=engine)
        learners = [Learner(one, spec, CPU, None, recipe) for one in TRIALS]
        batch_cache = BatchCache(context.batches, context.terms, 0)
        groups = GROUPINGS[engine](learners, 1)
        for _ in range(steps):
            spoil(learners)
            for group in groups:
                if group.learners:
                    group.step(batch_cache)
        return learners

    return learn


def weights_of(one):
    return torch.cat([value.flatten() for value in one.averaged_state().values()])


def test_replayed_steps_are_those_of_the_loop(stepped, graphs_replayed_by_hand):
    alone, together = stepped("loop", WARM_UP + 2), stepped("graphed", WARM_UP + 2)
    assert graphs_replayed_by_hand.set_aside == WARM_UP
    assert graphs_replayed_by_hand.recorded == 1
    for one, other in zip(together, alone, strict=True):
        assert one.done == other.done == WARM_UP + 2
        assert torch.equal(weights_of(one), weights_of(other))
        assert one.averages() == other.averages()


def test_who_diverges_leaves_the_others_as_they_were_and_a_graph_without_it(
    stepped, graphs_replayed_by_hand
):
    def spoil(learners):
        if learners[1].done == WARM_UP + 1:
            with torch.no_grad():
                learners[1].model.head.bias.fill_(float("nan"))

    alone = stepped("loop", WARM_UP + 3)
    together = stepped("graphed", WARM_UP + 3, spoil=spoil)
    assert together[1].problem == f"the loss became nan at step {WARM_UP + 2}"
    assert together[1].done == WARM_UP + 1
    for number in (0, 2):
        assert torch.equal(weights_of(together[number]), weights_of(alone[number]))
    assert graphs_replayed_by_hand.recorded == 2


def test_a_stage_by_graphs_ends_with_the_scores_of_the_loop_also_after_an_interruption(
    context, tmp_path
):
    trials = [one.model_copy(update={"steps": 20}) for one in TRIALS]
    alone = train_together(trials, context.by("loop"), lambda _result: None)
    folder = replace(context.checkpoints, folder=tmp_path / "kept")

    def interrupt(point):
        if point.number == 1 and point.step >= 15:
            raise KeyboardInterrupt

    stopped = replace(context.by("graphed"), checkpoints=folder, listen=interrupt)
    with pytest.raises(KeyboardInterrupt):
        train_together(trials, stopped, lambda _result: None)
    heard = Heard()
    going_on = heard.on(context.by("graphed"), checkpoints=folder)
    together = train_together(trials, going_on, lambda _result: None)
    assert min(step for step, _ in heard.curve(0)) >= 15
    for one, other in zip(together, alone, strict=True):
        assert one.score == pytest.approx(other.score, rel=1e-4)
