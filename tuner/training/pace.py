"""How long trainings take here: a few steps of as many trainings as run side by side, timed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from tuner.effort import Effort, Round, least, most
from tuner.plan import Plan
from tuner.results import Trial
from tuner.study import StudySpec
from tuner.training.bench import Bench
from tuner.training.crew import Crew
from tuner.training.engine import LOOKS
from tuner.training.learner import Learner
from tuner.training.lessons import Lessons
from tuner.training.lockstep import learn_together
from tuner.training.setting import prepare

TIMED_STEPS = 6


@dataclass(frozen=True)
class Pace:
    """Measured speed of trainings while all cores are busy.

    Attributes:
        step_seconds: Of one optimizer step of one training.
        look_seconds: Of one scoring of the held-out photos.
        threads: How many trainings run side by side.
    """

    step_seconds: float
    look_seconds: float
    threads: int
    device: str

    def hours(self, trials: int, steps: int) -> float:
        """How long trials take that are trained together.

        The threads share them evenly; fewer trials than threads leave some idle.
        """
        share = max(1.0, trials / self.threads)
        return share * (steps * self.step_seconds + len(LOOKS) * self.look_seconds) / 3600

    def study_hours(self, plan: Plan, steps_before: int) -> tuple[float, float]:
        """The shortest and the longest that a study takes.

        Args:
            steps_before: Of the network of each seed that trials go on from; 0 from scratch.
        """
        seeds = len({*plan.baseline_seeds, *plan.decide_seeds})
        shortest = self._all_hours(least(plan), seeds, steps_before)
        return shortest, self._all_hours(most(plan), seeds + len(plan.confirm_seeds), steps_before)

    def _all_hours(self, effort: Effort, seeds: int, steps_before: int) -> float:
        starts = [Round(seeds, steps_before)] if steps_before else []
        return sum(self.hours(each.trials, each.steps) for each in (*starts, *effort.rounds))


def measure_pace(spec: StudySpec, cache: Path) -> Pace:
    """Times a few steps and a scoring of trainings with the study's start weights.

    Raises:
        TunerError: Photos, networks or device cannot be used.
    """
    return time_trainings(
        spec, prepare(spec, cache, cache, {}, lambda _event: None, lambda *_views: None).bench
    )


def time_trainings(spec: StudySpec, bench: Bench) -> Pace:
    """The same on a bench that is ready."""
    learners = [
        Learner(
            Trial(weights=spec.weights, seed=seed, steps=TIMED_STEPS + 1, role="baseline"),
            spec.trainer,
            bench.device,
            None,
            bench.kit,
        )
        for seed in range(1, bench.threads + 1)
    ]
    lessons = Lessons(bench.batches, bench.terms, 0)
    with Crew(bench.threads) as crew:
        learn_together(learners, lessons, lambda _: 1, crew, _nobody)  # warms everything up
        began = time.perf_counter()
        learn_together(learners, lessons, lambda one: one.trial.steps, crew, _nobody)
        stepped = time.perf_counter()
        crew.each(learners, lambda learner: _look(learner, bench))
        looked = time.perf_counter()
    return Pace(
        step_seconds=(stepped - began) / TIMED_STEPS,
        look_seconds=looked - stepped,
        threads=bench.threads,
        device=str(bench.device),
    )


def _look(learner: Learner, bench: Bench) -> None:
    bench.scorer.score(learner.predict(bench.heldout.gray))


def _nobody(_learner: Learner) -> None:
    """Nobody is told."""
