"""A few steps are done by each engine, and the fastest is taken."""

from dataclasses import fields, replace
from itertools import chain

import pytest
import torch
from small_bench import WEIGHTS

from tuner.training.data import Batches
from tuner.training.fastest import TIMED_STEPS, TOGETHER, WARM_UP, fastest_engine
from tuner.training.fold import Fold


def clock(*seconds):
    """A clock that shows a beginning and an end for each of the parts that are timed."""
    return chain.from_iterable((0.0, spent) for spent in seconds).__next__


@pytest.fixture
def with_fold(monkeypatch):
    return lambda fold: monkeypatch.setattr("tuner.training.grouping.Fold", fold)


@pytest.mark.parametrize(
    ("seconds", "engine", "told"),
    [
        ((8.0, 4.0, 2.0), "stacked", ("2.00", "4.00")),
        ((8.0, 5.0, 6.0), "folded", ("1.60", "1.33")),
        ((3.0, 4.0, 6.0), "loop", ("0.75", "0.50")),
    ],
)
def test_the_fastest_is_taken_and_how_fast_each_is_is_told(bench, seconds, engine, told):
    remark = (
        f"{engine} ({TOGETHER} networks at once; folded is {told[0]} times as fast as the loop; "
        f"stacked is {told[1]} times as fast as the loop)"
    )
    assert fastest_engine(bench, WEIGHTS, clock(*seconds)) == (engine, remark)


def test_all_are_tried_on_the_batches_of_the_study_and_leave_nothing(bench):
    drawn = []

    class Watched(Batches):
        def draw(self, seed, step):
            drawn.append((seed, step))
            return super().draw(seed, step)

    batches = Watched(**{one.name: getattr(bench.batches, one.name) for one in fields(Batches)})
    fastest_engine(replace(bench, batches=batches), WEIGHTS, clock(1.0, 1.0, 1.0))
    assert drawn == 3 * [
        *((1, step) for step in range(WARM_UP)),
        *((1, step) for step in range(WARM_UP, WARM_UP + TIMED_STEPS)),
    ]
    assert not bench.checkpoints.folder.exists()


def test_networks_that_do_not_fit_together_stay_in_the_loop(bench, with_fold):
    class Full(Fold):
        def step(self, *_lesson):
            raise torch.OutOfMemoryError("out of memory\nwith a long story")

    with_fold(Full)
    engine, told = fastest_engine(bench, WEIGHTS, clock(1.0))
    assert engine == "loop"
    assert told == (
        f"loop ({TOGETHER} networks at once; not folded: out of memory; not stacked: out of memory)"
    )


@pytest.mark.parametrize("wrong", [1.5, float("nan")])
def test_networks_that_learn_otherwise_together_stay_in_the_loop(bench, with_fold, wrong):
    class Wrong(Fold):
        def step(self, lessons, terms):
            for learner in self.learners:
                with torch.no_grad():
                    learner.model.head.bias.add_(wrong)
            super().step(lessons, terms)

    with_fold(Wrong)
    engine, told = fastest_engine(bench, WEIGHTS, clock(2.0, 1.0, 1.0))
    assert engine == "loop"
    assert told.count("the networks learn otherwise, their loss is ") == 2
