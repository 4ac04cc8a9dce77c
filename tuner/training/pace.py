"""Times a few steps of as many trainings as run side by side here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tuner.results import Trial
from tuner.spec.plan import Plan
from tuner.spec.study import StudySpec
from tuner.spec.trial_count import CountedRound, TrialCount, least, most
from tuner.training.batch_cache import BatchCache
from tuner.training.context import TrainingContext
from tuner.training.learner import Learner
from tuner.training.lockstep import learn_together
from tuner.training.prepare import prepare
from tuner.training.trial_group import EVALUATE_AT
from tuner.training.worker_threads import WorkerThreads

TIMED_STEPS = 6
FEW_CROPS = 2  # a network may refuse a single one
PATIENCE = 6.0
"""Seconds that are measured: a plan is there within 20 s, photos and networks included."""


@dataclass(frozen=True)
class Pace:
    """Measured speed of trainings while all cores are busy.

    Attributes:
        step_seconds: Of one optimizer step of one training.
        evaluation_seconds: Of one scoring of the held-out photos.
        threads: How many trainings run side by side.
    """

    step_seconds: float
    evaluation_seconds: float
    threads: int
    device: str

    def hours(self, trials: int, steps: int) -> float:
        """Hours that trials take when they are trained together.

        The threads share them evenly; fewer trials than threads leave some idle.
        """
        share = max(1.0, trials / self.threads)
        return (
            share * (steps * self.step_seconds + len(EVALUATE_AT) * self.evaluation_seconds) / 3600
        )

    def study_hours(self, plan: Plan, steps_before: int) -> tuple[float, float]:
        """The fewest and the most hours that a study takes.

        Args:
            steps_before: Of the network of each seed that trials go on from; 0 from scratch.
        """
        seeds = len({*plan.baseline_seeds, *plan.decide_seeds})
        shortest = self._all_hours(least(plan), seeds, steps_before)
        return shortest, self._all_hours(most(plan), seeds + plan.looks[-1], steps_before)

    def _all_hours(self, effort: TrialCount, seeds: int, steps_before: int) -> float:
        warm_starts = [CountedRound(seeds, steps_before)] if steps_before else []
        return sum(self.hours(each.trials, each.steps) for each in (*warm_starts, *effort.rounds))


def measure_pace(spec: StudySpec, cache: Path) -> Pace:
    """Times a few steps and a scoring of trainings with the study's start weights.

    Raises:
        TunerError: Photos, networks or device cannot be used.
    """
    return time_trainings(
        spec, prepare(spec, cache, cache, {}, lambda _event: None, lambda *_views: None).context
    )


def time_trainings(spec: StudySpec, context: TrainingContext, seconds: float = PATIENCE) -> Pace:
    """The same with a context that is ready.

    Args:
        seconds: How long to measure. Where a step would take longer, smaller batches are timed; a
            step is then assumed to take time in proportion to its batch.
    """
    until = time.perf_counter() + seconds
    learners = [
        Learner(
            Trial(weights=spec.weights, seed=seed, steps=2 * TIMED_STEPS, role="baseline"),
            spec.trainer,
            context.device,
            context.warm_starts.given,
            context.recipe,
        )
        for seed in range(1, context.threads + 1)
    ]
    photos = len(context.heldout.rgb)
    with WorkerThreads(context.threads) as workers:
        timed = _Stopwatch(context, learners, workers)
        few = min(FEW_CROPS, spec.trainer.batch_size)
        of_one = timed.steps(few, 1, until) / few
        left = until - time.perf_counter()
        # Half of the time for a first step, which is slower, and half for one that counts.
        size = min(spec.trainer.batch_size, max(few, int(left / (2 * of_one))))
        step_seconds = timed.steps(size, TIMED_STEPS, until) * spec.trainer.batch_size / size
        of_photos = step_seconds * photos / spec.trainer.batch_size
        if time.perf_counter() + of_photos < until:
            of_photos = timed.evaluation()
    return Pace(step_seconds, of_photos, context.threads, str(context.device))


@dataclass(frozen=True)
class _Stopwatch:
    """Times what trainings do, all of them at once."""

    context: TrainingContext
    learners: Sequence[Learner]
    workers: WorkerThreads

    def steps(self, size: int, count: int, until: float) -> float:
        """Seconds of a step with batches of a size, after a first one that does not count.

        Args:
            count: How many are timed at most.
            until: When to stop; one step is always timed.
        """
        of = self.context.batches
        batches = type(of)(of.squares, of.image_size, size, of.device, of.surroundings)
        cache = BatchCache(batches, self.context.terms, 0, self.context.recipe.trunk)
        self._step(cache)
        began, done = time.perf_counter(), 0
        while not done or (done < count and time.perf_counter() < until):
            self._step(cache)
            done += 1
        return (time.perf_counter() - began) / done

    def evaluation(self) -> float:
        """Seconds of one scoring of the held-out photos."""
        began = time.perf_counter()
        self.workers.each(self.learners, self._look)
        return time.perf_counter() - began

    def _step(self, cache: BatchCache) -> None:
        goal = self.learners[0].done + 1
        learn_together(self.learners, cache, lambda _: goal, self.workers, _ignore)

    def _look(self, learner: Learner) -> None:
        self.context.scorer.score(self.context.heldout.colored(learner.predict))


def _ignore(_learner: Learner) -> None:
    """Does nothing."""
