import signal
from itertools import count
from threading import Barrier, get_ident, main_thread

import pytest
import torch

from tuner.errors import TrainerError
from tuner.training.worker_threads import Cancelled, WorkerThreads


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_what_comes_of_all_items_is_returned_in_their_order(threads):
    with WorkerThreads(threads) as workers:
        assert workers.each(range(5), lambda number: number * number) == [0, 1, 4, 9, 16]
        assert workers.each([], str) == []


def test_each_thread_computes_on_one_core_and_the_caller_gets_his_cores_back():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with WorkerThreads(2) as workers:
            used = workers.each(range(4), lambda _: torch.get_num_threads())
        assert (used, torch.get_num_threads()) == ([1] * 4, 3)
    finally:
        torch.set_num_threads(before)


def until_stopped(interruption):
    """How one thread ends when another one does something; both have begun by then."""
    begun, ends = Barrier(2, timeout=60), []

    def work(who):
        begun.wait()
        if who:
            interruption()
        try:
            for _ in count():
                workers.check()
        except Cancelled:
            ends.append("stopped")
            raise

    with WorkerThreads(2) as workers:
        try:
            workers.each(range(2), work)
        finally:
            assert ends == ["stopped"] or not ends  # the second one may have failed by itself
    return ends


def test_an_error_in_one_thread_stops_the_others_at_their_next_step():
    def fail():
        raise TrainerError("no such thing")

    with pytest.raises(TrainerError, match="no such thing"):
        until_stopped(fail)


def test_an_interruption_stops_all_threads_at_their_next_step():
    assert get_ident() == main_thread().ident
    with pytest.raises(KeyboardInterrupt):
        until_stopped(lambda: signal.pthread_kill(main_thread().ident, signal.SIGINT))


def test_a_failure_between_two_works_stops_the_crew_too():
    with pytest.raises(TrainerError), WorkerThreads(1) as workers:
        raise TrainerError("outside")
    with pytest.raises(Cancelled):
        workers.check()
