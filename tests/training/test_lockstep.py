import signal
from threading import Barrier, Event, get_ident, main_thread

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_bench import trial

from tuner.errors import TrainerError
from tuner.training.lockstep import Course, Stopped, in_threads, learn_together, split

ENDLESS = 300_000


class Counting:
    """Draws numbers for pictures, and notes which."""

    def __init__(self):
        self.drawn = []

    def draw(self, seed, step):
        self.drawn.append((seed, step))
        return self

    rgb = None

    def observe(self, rgb):
        return rgb


class Pupil:
    """Learns nothing, fails when it is told to, and calls back at each step."""

    def __init__(self, fails_at=None, at_step=lambda step: None):
        self.steps, self.problem = [], ""
        self.fails_at, self.at_step = fails_at, at_step

    def step(self, step, batch, target, terms):
        self.steps.append(step)
        self.at_step(step)
        if step == self.fails_at:
            self.problem = "it exploded"


def course(steps, first=0, stop=None):
    counting = Counting()
    return Course(counting, counting, 4, steps, first, stop or Event())


def test_all_learn_from_one_batch_a_step():
    pupils, way, done = [Pupil(), Pupil()], course(3), []
    learn_together(pupils, way, done.append)
    assert way.batches.drawn == [(4, 0), (4, 1), (4, 2)]
    assert [pupil.steps for pupil in pupils] == [[0, 1, 2], [0, 1, 2]]
    assert done == [1, 2, 3]


def test_a_training_that_goes_on_gets_further_batches():
    way = course(2, first=7)
    learn_together([Pupil()], way, lambda step: None)
    assert way.batches.drawn == [(4, 7), (4, 8)]


def test_who_diverges_stays_behind():
    lost, well = Pupil(fails_at=1), Pupil()
    learn_together([lost, well], course(4), lambda step: None)
    assert (lost.steps, well.steps) == ([0, 1], [0, 1, 2, 3])


def test_where_all_diverged_nothing_more_is_drawn():
    way = course(ENDLESS)
    learn_together([Pupil(fails_at=0), Pupil(fails_at=2)], way, lambda step: None)
    assert len(way.batches.drawn) == 3


def test_the_flag_stops_before_the_next_step():
    stop = Event()
    pupil = Pupil(at_step=lambda step: step == 2 and stop.set())
    with pytest.raises(Stopped):
        learn_together([pupil], course(ENDLESS, stop=stop), lambda step: None)
    assert pupil.steps == [0, 1, 2]


# threads


many = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([5, 9])), max_size=12)


@given(many, st.integers(1, 5))
def test_trials_are_dealt_out_once_each_and_evenly(some, threads):
    trials = [trial(number, seed, steps) for number, (seed, steps) in enumerate(some)]
    shards = split(trials, threads)
    dealt = [one for shard in shards for one in shard]
    assert sorted(one.number for one in dealt) == list(range(len(trials)))
    assert max(map(len, shards)) - min(map(len, shards)) <= 1
    assert [(one.steps, one.seed) for one in dealt] == sorted((b, a) for a, b in some)
    assert len(shards) == max(1, min(threads, len(trials)))


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_what_comes_of_all_threads_is_collected(threads):
    trials = [trial(number) for number in range(5)]
    found = in_threads(trials, threads, lambda shard, stop: [one.number for one in shard])
    assert sorted(found) == [0, 1, 2, 3, 4]


def test_no_trials_come_to_nothing():
    assert in_threads([], 2, lambda shard, stop: list(shard)) == []


def test_each_thread_computes_on_one_core_and_the_caller_gets_his_cores_back():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        used = in_threads([trial(), trial(1)], 2, lambda shard, stop: [torch.get_num_threads()])
        assert (used, torch.get_num_threads()) == ([1, 1], 3)
    finally:
        torch.set_num_threads(before)


def stopped_by(interruption):
    """Steps of a thread, until another one does something; both have begun by then."""
    begun, pupil = Barrier(2, timeout=60), Pupil()

    def train(shard, stop):
        begun.wait()
        if shard[0].number == 1:
            interruption()
        with pytest.raises(Stopped):
            learn_together([pupil], course(ENDLESS, stop=stop), lambda step: None)
        pupil.problem = "stopped"
        raise Stopped

    return pupil, train


def test_an_error_in_one_thread_stops_the_others_at_their_next_step():
    def fail():
        raise TrainerError("no such thing")

    pupil, train = stopped_by(fail)
    with pytest.raises(TrainerError, match="no such thing"):
        in_threads([trial(0), trial(1)], 2, train)
    assert pupil.problem == "stopped"
    assert len(pupil.steps) < ENDLESS


def test_an_interruption_stops_all_threads_at_their_next_step():
    assert get_ident() == main_thread().ident
    pupil, train = stopped_by(lambda: signal.pthread_kill(main_thread().ident, signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        in_threads([trial(0), trial(1)], 2, train)
    assert pupil.problem == "stopped"
