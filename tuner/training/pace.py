"""How long trainings take here: a few steps, timed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tuner.results import Trial
from tuner.study import StudySpec
from tuner.training.device import on_one_core
from tuner.training.engine import LOOKS, Bench
from tuner.training.learner import Learner
from tuner.training.setting import prepare

TIMED_STEPS = 5


@dataclass(frozen=True)
class Pace:
    """Measured speed of one training.

    Attributes:
        step_seconds: Of one optimizer step.
        look_seconds: Of one scoring of the held-out photos.
        threads: How many trainings run side by side.
    """

    step_seconds: float
    look_seconds: float
    threads: int
    device: str

    def hours(self, groups: Sequence[int], steps: int) -> float:
        """How long groups of so many trials take, one group after the other.

        The threads share a group evenly at best.
        """
        rounds = sum(-(-trials // self.threads) for trials in groups)
        return rounds * (steps * self.step_seconds + len(LOOKS) * self.look_seconds) / 3600


def measure_pace(spec: StudySpec, cache: Path) -> Pace:
    """Times a few steps and one scoring with the study's start weights.

    Raises:
        TunerError: Photos, networks or device cannot be used.
    """
    bench = prepare(spec, cache, cache, {}, lambda _event: None, lambda *_views: None).bench
    with on_one_core():
        return _timed(spec, bench)


def _timed(spec: StudySpec, bench: Bench) -> Pace:
    trial = Trial(weights=spec.weights, seed=1, steps=TIMED_STEPS + 1, role="baseline", number=0)
    learner = Learner(trial, spec.trainer, bench.device, None)
    _learn(learner, 0, bench)
    began = time.perf_counter()
    for step in range(1, TIMED_STEPS + 1):
        _learn(learner, step, bench)
    stepped = time.perf_counter()
    bench.scorer.score(learner.predict(bench.heldout.gray))
    return Pace(
        step_seconds=(stepped - began) / TIMED_STEPS,
        look_seconds=time.perf_counter() - stepped,
        threads=bench.threads,
        device=str(bench.device),
    )


def _learn(learner: Learner, step: int, bench: Bench) -> None:
    batch = bench.batches.draw(learner.trial.seed, step)
    learner.step(step, batch, bench.terms.observe(batch.rgb), bench.terms)
