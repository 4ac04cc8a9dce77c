from functools import partial
from threading import Barrier, current_thread

import pytest

from tuner.errors import thread_pool
from tuner.errors.thread_pool import ThreadPool
from tuner.errors.threads import Thread


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(thread_pool, "LOOK", 0.01)


def outcome(number):
    if number == 3:
        raise ValueError(number)
    return number * number


def test_every_task_is_done_and_an_error_is_raised_where_its_outcome_is_asked_for():
    with ThreadPool(2) as pool:
        tasks = [pool.submit(partial(outcome, number)) for number in range(5)]
        assert set(pool.as_completed(tasks)) == set(tasks)
    assert [task.result() for task in tasks if task is not tasks[3]] == [0, 1, 4, 16]
    with pytest.raises(ValueError, match="3"):
        tasks[3].result()


def test_as_many_threads_as_asked_work_at_the_same_time_and_none_is_left():
    together, seen = Barrier(3, timeout=60), []

    def work():
        together.wait()
        seen.append(current_thread())

    with ThreadPool(3, "together") as pool:
        for _ in range(3):
            pool.submit(work)
    assert sorted(thread.name for thread in seen) == ["together 0", "together 1", "together 2"]
    assert not any(thread.is_alive() for thread in seen)


def test_a_pool_that_nobody_needs_any_more_ends_its_threads():
    pool = ThreadPool(1).start()
    thread = pool.submit(current_thread).result()
    del pool
    assert not thread.is_alive()


def test_where_one_thread_cannot_start_those_before_it_end(monkeypatch):
    started, start = [], Thread.start

    def start_two(thread):
        if len(started) == 2:
            raise MemoryError
        start(thread)
        started.append(thread)

    monkeypatch.setattr(Thread, "start", start_two)
    with pytest.raises(MemoryError), ThreadPool(3):
        pytest.fail("it has no third thread")
    assert not any(thread.is_alive() for thread in started)


def test_work_whose_thread_died_is_not_waited_for():
    def no_memory():
        raise MemoryError

    with pytest.raises(MemoryError), ThreadPool(2, begin=no_memory) as pool:
        list(pool.as_completed([pool.submit(int)]))
