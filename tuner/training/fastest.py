"""Which engine is the fastest here: a few steps are done by each.

What an engine wins depends on networks, pictures and device, and nobody can compute it. One by
which the networks learn otherwise than in the loop is out, however fast it is.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from statistics import fmean

import torch

from tuner.results import Trial
from tuner.study import Engine
from tuner.training.bench import Bench
from tuner.training.crew import Crew
from tuner.training.grouping import GROUPINGS, obstacle
from tuner.training.learner import Learner
from tuner.training.lessons import Lessons
from tuner.training.lockstep import learn_together
from tuner.training.memory import clear_memory
from tuner.training.plugged.importing import brief

NETWORKS = 8
"""Tried at once: about a stage."""

WARM_UP, TIMED_STEPS = 3, 10

WORTHWHILE = 1.1
"""Times as fast as the loop that an engine has to be: less may be chance."""

SAME_WAY = 0.01
"""Share by which the losses may differ; rounding, also to 16 bits, stays below."""

Clock = Callable[[], float]


@dataclass(frozen=True)
class Steps:
    """A few steps by an engine.

    Attributes:
        seconds: That the timed ones took.
        losses: Mean total of all networks before those, and in them; NaN where one diverged.
    """

    seconds: float
    losses: tuple[float, float]


@dataclass(frozen=True)
class Outcome:
    """What came of an engine.

    Attributes:
        times: As fast as the loop; 0 where the engine cannot be had.
        reason: Why it cannot; empty where it can.
    """

    engine: Engine
    times: float
    reason: str = ""

    @property
    def remark(self) -> str:
        """For the records."""
        if self.reason:
            return f"not {self.engine}: {self.reason}"
        return f"{self.engine} is {self.times:.2f} times as fast as the loop"


def fastest_engine(
    bench: Bench, weights: Mapping[str, float], clock: Clock = time.perf_counter
) -> tuple[Engine, str]:
    """The fastest engine, and how fast each is, as a remark that begins with its name.

    Args:
        weights: Of the loss, about which those of the networks lie that are tried.
    """
    others = [engine for engine in GROUPINGS if engine != "loop"]
    loop = None
    if not all(obstacle(engine, bench.kit, bench.trainer.precision) for engine in others):
        try:
            loop = _few_steps("loop", bench, weights, NETWORKS, clock)
        except torch.OutOfMemoryError:
            clear_memory()
            return "loop", f"loop ({NETWORKS} networks do not fit, so nothing else was tried)"
    outcomes = [_outcome(engine, loop, bench, weights, clock) for engine in others]
    best = max(outcomes, key=lambda outcome: outcome.times)
    chosen: Engine = best.engine if best.times > WORTHWHILE else "loop"
    remarks = "; ".join(outcome.remark for outcome in outcomes)
    return chosen, f"{chosen} ({NETWORKS} networks at once; {remarks})"


def why_otherwise(engine: Engine, bench: Bench, weights: Mapping[str, float]) -> str:
    """Why networks cannot learn by an engine what they learn in the loop; empty if they can."""
    bench = replace(bench, threads=1)  # so that two of each seed are in one group
    loop = _few_steps("loop", bench, weights, networks=4)
    try:
        return _difference(_few_steps(engine, bench, weights, networks=4), loop)
    except Exception as error:  # noqa: BLE001 - a network of the user's may raise anything
        return brief(error)


def _outcome(
    engine: Engine, loop: Steps | None, bench: Bench, weights: Mapping[str, float], clock: Clock
) -> Outcome:
    reason = obstacle(engine, bench.kit, bench.trainer.precision)
    if reason or loop is None:
        return Outcome(engine, 0.0, reason)
    try:
        steps = _few_steps(engine, bench, weights, NETWORKS, clock)
    except Exception as error:  # noqa: BLE001 - as above, and memory may be too small
        clear_memory()
        return Outcome(engine, 0.0, brief(error))
    reason = _difference(steps, loop)
    return Outcome(engine, 0.0 if reason else loop.seconds / steps.seconds, reason)


def _difference(steps: Steps, loop: Steps) -> str:
    for mine, its in zip(steps.losses, loop.losses, strict=True):
        if not abs(mine - its) <= SAME_WAY * its:  # also where one is NaN
            return f"the networks learn otherwise, their loss is {mine:.4g} for {its:.4g}"
    return ""


def _few_steps(
    engine: Engine,
    bench: Bench,
    weights: Mapping[str, float],
    networks: int,
    clock: Clock = time.perf_counter,
) -> Steps:
    """Trains networks of two seeds, each with weights of its own."""
    steps, kit = WARM_UP + TIMED_STEPS, bench.by(engine).kit
    learners = [
        Learner(
            Trial(
                weights=_moved(weights, number),
                seed=1 + number % 2,
                steps=steps,
                role="baseline",
                number=number,
            ),
            bench.trainer,
            bench.device,
            None,
            kit,
        )
        for number in range(networks)
    ]
    lessons = Lessons(bench.batches, bench.terms, 0)
    with Crew(bench.threads) as crew:

        def learn(until: int) -> float:
            learn_together(learners, lessons, lambda _: until, crew, lambda _: None, engine)
            total = fmean(learner.averages()["loss/total"] for learner in learners)
            return math.nan if any(learner.problem for learner in learners) else total

        before = learn(WARM_UP)
        began = clock()
        timed = learn(steps)
        return Steps(clock() - began, (before, timed))


def _moved(weights: Mapping[str, float], number: int) -> dict[str, float]:
    """Other weights for each network, so that a mix-up would be seen."""
    return {
        name: value * (1 + (number + place) % 4 / 2)
        for place, (name, value) in enumerate(weights.items())
    }
