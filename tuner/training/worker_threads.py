"""Threads that compute on one core each, and stop together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from threading import Event as Flag
from typing import Self, TypeVar

import torch

from tuner.errors.thread_pool import ThreadPool
from tuner.training.device import on_one_core

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Cancelled(Exception):
    """The threads are being stopped."""


class WorkerThreads:
    """Threads for as long as a `with` lasts.

    Args:
        threads: How many work side by side.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._stop = Flag()
        self._until_the_end = ExitStack()

    def __enter__(self) -> Self:
        # So has every thread, or it spreads its first convolutions over all cores.
        self._until_the_end.enter_context(on_one_core())
        self._pool = self._until_the_end.enter_context(
            ThreadPool(self.threads, "training", partial(torch.set_num_threads, 1))
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._stop.set()
        self._until_the_end.close()

    def each(self, items: Iterable[Item], work: Callable[[Item], Outcome]) -> list[Outcome]:
        """Does the work for all items, and returns what comes of it in their order.

        If a call fails, or the caller is interrupted, the others stop at their next `check`.
        """
        tasks = [self._pool.submit(partial(work, item)) for item in items]
        try:
            for task in self._pool.as_completed(tasks):
                task.result()
        except BaseException:
            self._stop.set()
            raise
        return [task.result() for task in tasks]

    def check(self) -> None:
        """The work calls this every few steps.

        Raises:
            Cancelled: Another thread failed, or the caller was interrupted.
        """
        if self._stop.is_set():
            raise Cancelled
