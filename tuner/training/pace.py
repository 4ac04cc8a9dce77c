"""Times a few steps of as many trainings as run side by side here."""

from __future__ import annotations

import time
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
        return shortest, self._all_hours(most(plan), seeds + len(plan.confirm_seeds), steps_before)

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


def time_trainings(spec: StudySpec, context: TrainingContext) -> Pace:
    """The same with a context that is ready."""
    learners = [
        Learner(
            Trial(weights=spec.weights, seed=seed, steps=TIMED_STEPS + 1, role="baseline"),
            spec.trainer,
            context.device,
            None,
            context.recipe,
        )
        for seed in range(1, context.threads + 1)
    ]
    batch_cache = BatchCache(context.batches, context.terms, 0)
    with WorkerThreads(context.threads) as workers:
        learn_together(learners, batch_cache, lambda _: 1, workers, _ignore)  # warms everything up
        began = time.perf_counter()
        learn_together(learners, batch_cache, lambda one: one.trial.steps, workers, _ignore)
        stepped = time.perf_counter()
        workers.each(learners, lambda learner: _look(learner, context))
        looked = time.perf_counter()
    return Pace(
        step_seconds=(stepped - began) / TIMED_STEPS,
        evaluation_seconds=looked - stepped,
        threads=context.threads,
        device=str(context.device),
    )


def _look(learner: Learner, context: TrainingContext) -> None:
    context.scorer.score(context.heldout.colored(learner.predict))


def _ignore(_learner: Learner) -> None:
    """Does nothing."""
