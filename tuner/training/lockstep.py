"""Networks that learn side by side, a step at a time, from the same batches.

What depends on the photos alone is computed once per step for all of them. Each network has
one thread, so its numbers do not depend on its company.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import pairwise
from threading import Event as Flag
from typing import TypeVar

import torch

from tuner.color.loss_terms import LossTerms
from tuner.results import Trial
from tuner.training.data import Batches
from tuner.training.device import on_one_core
from tuner.training.learner import Learner

Outcome = TypeVar("Outcome")


class Stopped(Exception):
    """The training was asked to stop."""


@dataclass(frozen=True)
class Course:
    """What networks learn from.

    Attributes:
        first_step: Number of the first batch, above 0 where a training goes on.
        stop: Set by whoever wants all trainings to end at once.
    """

    batches: Batches
    terms: LossTerms
    seed: int
    steps: int
    first_step: int
    stop: Flag


def learn_together(
    learners: Sequence[Learner], course: Course, after_step: Callable[[int], None]
) -> None:
    """Lets all networks learn; those that diverge stay behind.

    Args:
        after_step: Is told the number of steps done, counted from 1.

    Raises:
        Stopped: Somebody set the flag.
    """
    for step in range(course.steps):
        if course.stop.is_set():
            raise Stopped
        alive = [learner for learner in learners if not learner.problem]
        if not alive:
            return
        batch = course.batches.draw(course.seed, course.first_step + step)
        target = course.terms.observe(batch.rgb)
        for learner in alive:
            learner.step(step, batch, target, course.terms)
        after_step(step + 1)


def in_threads(
    trials: Sequence[Trial],
    threads: int,
    train_shard: Callable[[Sequence[Trial], Flag], list[Outcome]],
) -> list[Outcome]:
    """Deals trials out to threads and collects what comes of them, in any order.

    If one thread fails, or the caller is interrupted, the others end at their next step.
    """
    stop = Flag()
    outcomes: list[Outcome] = []
    with (
        on_one_core(),  # and so has every thread, or it spreads its first convolutions over all
        ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool,
    ):
        try:
            shards = [pool.submit(train_shard, shard, stop) for shard in split(trials, threads)]
            for done in as_completed(shards):
                outcomes += done.result()
        except BaseException:
            stop.set()
            raise
    return outcomes


def split(trials: Sequence[Trial], threads: int) -> list[list[Trial]]:
    """Deals trials out to threads, evenly, those with one seed next to each other."""
    ordered = sorted(trials, key=lambda trial: (trial.steps, trial.seed, trial.number))
    count = max(1, min(threads, len(ordered)))
    edges = [round(i * len(ordered) / count) for i in range(count + 1)]
    return [ordered[a:b] for a, b in pairwise(edges)]
