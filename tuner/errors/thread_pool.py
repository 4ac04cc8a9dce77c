"""Threads that work side by side; a lack of memory ends them, and is never waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from queue import SimpleQueue
from threading import current_thread
from typing import Self, TypeVar
from weakref import finalize

from tuner.errors.threads import Thread

T = TypeVar("T")
Tasks = SimpleQueue[tuple[Future[object], Callable[[], object]] | None]

LOOK = 1.0
"""Seconds between two looks at whether all threads are alive."""


class ThreadPool:
    """Threads for as long as a `with` lasts, or, without one, as long as the pool is kept.

    All start at the beginning, before any of the work takes memory.

    Args:
        threads: How many work side by side.
        name: For debuggers.
        begin: Called first in every thread.
    """

    def __init__(
        self, threads: int, name: str = "worker", begin: Callable[[], object] = lambda: None
    ) -> None:
        self._tasks: Tasks = SimpleQueue()
        self._threads = [
            Thread(_work, (self._tasks, begin), f"{name} {number}") for number in range(threads)
        ]
        self._at_last = finalize(self, _end, self._tasks, self._threads)

    def start(self) -> Self:
        """Starts the threads; `with` does so, too.

        Raises:
            MemoryError: There is no memory for them.
        """
        try:
            for thread in self._threads:
                thread.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    __enter__ = start

    def __exit__(self, *_: object) -> None:
        """Waits until all that was submitted is done."""
        _end(self._tasks, self._threads)
        self._at_last.detach()  # an interrupted wait is made up for before Python ends

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Lets a thread do the work, once one is free."""
        task: Future[T] = Future()
        self._tasks.put((task, work))  # type: ignore[arg-type]
        return task

    def wait_for_first(
        self, tasks: Iterable[Future[T]], seconds: float
    ) -> tuple[set[Future[T]], set[Future[T]]]:
        """Tasks that are done and those that are not; returns once one is done, or after a time.

        Raises:
            MemoryError: A thread died of it, so some tasks may never be done.
        """
        done, waiting = wait(tasks, seconds, return_when=FIRST_COMPLETED)
        if waiting and not all(thread.is_alive() for thread in self._threads):
            raise MemoryError("a thread has ended before its work")
        return done, waiting

    def as_completed(self, tasks: Sequence[Future[T]]) -> Iterator[Future[T]]:
        """Every task, as soon as it is done.

        Raises:
            MemoryError: A thread died of it, so some tasks may never be done.
        """
        waiting = set(tasks)
        while waiting:
            done, waiting = self.wait_for_first(waiting, LOOK)
            yield from done


def _work(tasks: Tasks, begin: Callable[[], object]) -> None:
    try:
        begin()
        while (task := tasks.get()) is not None:
            _do(*task)
            del task  # what it holds is not kept while this thread waits
        tasks.put(None)  # for the next thread
    except MemoryError:
        return  # seen by all that wait


def _do(future: Future[object], work: Callable[[], object]) -> None:
    try:
        outcome = work()
    except BaseException as error:  # noqa: BLE001 - raised where the outcome is asked for
        future.set_exception(error)
        del future  # which holds the error, which holds this call
    else:
        future.set_result(outcome)


def _end(tasks: Tasks, threads: Iterable[Thread]) -> None:
    tasks.put(None)
    for thread in threads:
        if thread.is_alive() and thread is not current_thread():  # its own work may be the last
            thread.join()
