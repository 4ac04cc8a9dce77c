"""A few steps are done by each engine, and the fastest is taken."""

from collections import Counter
from dataclasses import fields, replace
from itertools import chain

import pytest
import torch
from small_training import WEIGHTS, spec_of

from tuner.data.batches import Batches
from tuner.training import engine_timing
from tuner.training.batched_loss import BatchedLossGroup
from tuner.training.engine_timing import WARM_UP, TimedSteps, fastest_engine
from tuner.training.groups import GROUPINGS
from tuner.training.learner import Learner

NETWORKS, TIMED_STEPS = 4, 5


@pytest.fixture(autouse=True)
def a_shorter_timing(monkeypatch):
    """Of two networks for each of the two seeds, and steps that show how they learn."""
    monkeypatch.setattr(engine_timing, "NETWORKS", NETWORKS)
    monkeypatch.setattr(engine_timing, "TIMED_STEPS", TIMED_STEPS)


def clock(*seconds):
    """A clock that shows a beginning and an end for each of the parts that are timed."""
    return chain.from_iterable((0.0, spent) for spent in seconds).__next__


@pytest.fixture
def engines_take(monkeypatch):
    """Lets the engines take so many seconds, without training."""
    monkeypatch.setattr(engine_timing, "obstacle", lambda *_asked: "")

    def take(*seconds):
        spent = dict(zip(GROUPINGS, seconds, strict=True))

        def few_steps(engine, *_more):
            return TimedSteps(spent[engine], (1.0, 0.9))

        monkeypatch.setattr(engine_timing, "_few_steps", few_steps)

    return take


@pytest.mark.parametrize(
    ("seconds", "engine", "told"),
    [
        ((8.0, 3.0, 4.0, 2.0), "stacked", ("2.67", "2.00", "4.00")),
        ((8.0, 5.5, 5.0, 6.0), "folded", ("1.45", "1.60", "1.33")),
        ((8.0, 2.0, 4.0, 4.0), "graphed", ("4.00", "2.00", "2.00")),
        ((3.0, 4.0, 4.0, 6.0), "loop", ("0.75", "0.75", "0.50")),
    ],
)
def test_the_fastest_is_taken_and_how_fast_each_is_is_told(
    context, engines_take, seconds, engine, told
):
    remark = (
        f"{engine} ({NETWORKS} networks at once; graphed is {told[0]} times as fast as the loop; "
        f"folded is {told[1]} times as fast as the loop; "
        f"stacked is {told[2]} times as fast as the loop)"
    )
    engines_take(*seconds)
    assert fastest_engine(context, WEIGHTS) == (engine, remark)


def test_little_is_no_reason_to_leave_the_loop(context, engines_take):
    engines_take(1.05, 1.0, 1.0, 1.0)
    assert fastest_engine(context, WEIGHTS)[0] == "loop"


def test_all_are_tried_on_the_batches_of_the_study_and_leave_nothing(context):
    drawn = []

    class Watched(Batches):
        def draw(self, seed, step):
            drawn.append((seed, step))
            return super().draw(seed, step)

    batches = Watched(**{one.name: getattr(context.batches, one.name) for one in fields(Batches)})
    fastest_engine(replace(context, batches=batches), WEIGHTS, clock(1.0, 1.0, 1.0))
    both = [(seed, step) for seed in (1, 2) for step in range(WARM_UP + TIMED_STEPS)]
    assert Counter(drawn) == Counter(3 * both)
    assert not context.checkpoints.folder.exists()


def full(*_shared_batch):
    raise torch.OutOfMemoryError("out of memory\nwith a long story")


def test_networks_that_do_not_fit_together_stay_in_the_loop(context, monkeypatch):
    monkeypatch.setattr(BatchedLossGroup, "step", full)
    engine, told = fastest_engine(context, WEIGHTS, clock(1.0))
    assert engine == "loop"
    assert told == (
        f"loop ({NETWORKS} networks at once; not graphed: their device is not CUDA; "
        "not folded: OutOfMemoryError: out of memory; "
        "not stacked: OutOfMemoryError: out of memory)"
    )


def test_where_not_even_the_loop_has_room_for_so_many_nothing_else_is_tried(context, monkeypatch):
    monkeypatch.setattr(Learner, "step", full)
    told = f"loop ({NETWORKS} networks do not fit, so nothing else was tried)"
    assert fastest_engine(context, WEIGHTS) == ("loop", told)


class Shuffled(BatchedLossGroup):
    """Gives each network what another one shall learn."""

    def _gather(self, learners):
        super()._gather(learners)
        self._weights = self._weights.roll(1, 0)


class Forgetful(BatchedLossGroup):
    """Learns the first steps, and no others."""

    def step(self, batch_cache):
        if self.learners[0].done < WARM_UP:
            super().step(batch_cache)
            return
        for learner in self.learners:
            learner.apply_gradient(0.0, 1.0, {})


class Exploding(BatchedLossGroup):
    """Loses a network on its way."""

    def step(self, batch_cache):
        if self.learners[0].done == WARM_UP:
            self.learners[0].problem = "the loss became nan at step 4"
        super().step(batch_cache)


@pytest.mark.parametrize("wrong", [Shuffled, Forgetful, Exploding])
def test_networks_that_learn_otherwise_together_stay_in_the_loop(context, monkeypatch, wrong):
    monkeypatch.setattr("tuner.training.groups.BatchedLossGroup", wrong)
    engine, told = fastest_engine(context, WEIGHTS, clock(2.0, 1.0, 1.0))
    assert engine == "loop"
    assert told.count("the networks learn otherwise, their loss is ") == 2


def test_16_bits_are_folded_and_not_stacked(context, photos):
    half = replace(context, trainer=spec_of(photos, precision="bfloat16").trainer)
    engine, told = fastest_engine(half, WEIGHTS, clock(4.0, 2.0))
    assert engine == "folded"
    assert "not stacked: autocast to 16 bits has no effect on them" in told
