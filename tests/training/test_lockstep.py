from threading import Barrier, Lock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_training import trial

from tuner.training.batch_cache import BatchCache
from tuner.training.lockstep import AT_A_TIME, learn_together
from tuner.training.worker_threads import Cancelled, WorkerThreads

ENDLESS = 300_000


class Counting:
    """Draws numbers for pictures, and notes which."""

    rgb = None

    def __init__(self):
        self.drawn, self.lock = [], Lock()

    def draw(self, seed, step):
        with self.lock:
            self.drawn.append((seed, step))
        return self

    def observe(self, rgb):
        return rgb


class Pupil:
    """Learns nothing, fails when it is told to, and calls back at each step."""

    def __init__(self, seed=4, steps=4, fails_at=None, at_step=lambda run: None):
        self.trial = trial(seed=seed, steps=steps)
        self.done, self.problem = 0, ""
        self.fails_at, self.at_step = fails_at, at_step

    def step(self, batch, target, terms):
        self.at_step(self)
        if self.done == self.fails_at:
            self.problem = "it exploded"
        else:
            self.done += 1


def taught(runs, threads=1, goal=lambda run: run.trial.steps, first=0, after=id):
    counting = Counting()
    with WorkerThreads(threads) as workers:
        learn_together(runs, BatchCache(counting, counting, first), goal, workers, after)
    return counting.drawn


def test_all_of_a_seed_learn_from_one_batch_a_step():
    runs = [Pupil(), Pupil(), Pupil()]
    assert taught(runs) == [(4, 0), (4, 1), (4, 2), (4, 3)]
    assert [run.done for run in runs] == [4, 4, 4]


def test_seeds_have_batches_of_their_own():
    assert sorted(taught([Pupil(1, 2), Pupil(2, 2)])) == [(1, 0), (1, 1), (2, 0), (2, 1)]


def test_a_training_that_goes_on_gets_further_batches():
    assert taught([Pupil(steps=2)], first=7) == [(4, 7), (4, 8)]


def test_every_step_is_told():
    told = []
    taught([Pupil(steps=3)], after=lambda run: told.append(run.done))
    assert told == [1, 2, 3]


def test_a_diverged_trial_leaves_the_group():
    lost, well = Pupil(fails_at=1), Pupil()
    taught([lost, well])
    assert (lost.done, well.done) == (1, 4)


def test_where_all_diverged_nothing_more_is_drawn():
    drawn = taught([Pupil(steps=ENDLESS, fails_at=0), Pupil(steps=ENDLESS, fails_at=2)])
    assert len(drawn) == 3


def test_a_goal_is_a_place_to_wait_and_go_on_from():
    runs = [Pupil(steps=8), Pupil(steps=4)]
    taught(runs, goal=lambda run: run.trial.steps // 2)
    assert [run.done for run in runs] == [4, 2]
    taught(runs)
    assert [run.done for run in runs] == [8, 4]


def test_no_learner_gets_far_ahead():
    ahead = []

    def note(_run):
        done = [run.done for run in runs]
        ahead.append(max(done) - min(done))

    runs = [Pupil(steps=40, at_step=note) for _ in range(5)]
    taught(runs, threads=2)
    assert max(ahead) <= 2 * AT_A_TIME


def test_a_stop_comes_before_the_next_step():
    def stop(run):
        if run.done == 2:
            raise Cancelled

    run, other = Pupil(steps=ENDLESS, at_step=stop), Pupil(steps=ENDLESS)
    with pytest.raises(Cancelled):
        taught([run, other], threads=2)
    assert run.done == 2
    assert other.done < ENDLESS


def test_as_many_threads_work_as_there_are_networks():
    meeting = Barrier(3, timeout=60)  # breaks unless three steps are computed at once
    runs = [Pupil(steps=1, at_step=lambda _: meeting.wait()) for _ in range(3)]
    taught(runs, threads=8)
    assert [run.done for run in runs] == [1, 1, 1]


some = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(0, 12)), max_size=7)


@given(some, st.integers(1, 4))
def test_all_reach_their_goals_whatever_the_threads(asked, threads):
    runs = [Pupil(seed, max(1, steps), fails_at=fails) for seed, steps, fails in asked]
    taught(runs, threads)
    assert [run.done for run in runs] == [min(max(1, steps), fails) for _, steps, fails in asked]


def test_a_batch_that_cannot_be_drawn_fails_all_that_asked_for_it():
    class Broken(Counting):
        def draw(self, seed, step):
            raise OSError("the cache is gone")

    batch_cache = BatchCache(Broken(), Broken(), 0)
    for _ in range(2):
        with pytest.raises(OSError, match="the cache is gone"):
            batch_cache.take(1, 0)


def test_few_lessons_are_kept():
    counting = Counting()
    batch_cache = BatchCache(counting, counting, 0)
    for step in range(100):
        batch_cache.take(1, step)
    assert len(batch_cache._kept[1]) == 2 * AT_A_TIME
    batch_cache.take(1, 0)  # far behind, so drawn again
    assert counting.drawn[-1] == (1, 0)
