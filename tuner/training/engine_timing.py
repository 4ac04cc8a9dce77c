"""Finds the fastest engine here by timing a few steps of each.

The gain depends on networks, pictures and device, and cannot be computed beforehand. An engine with
other losses than the loop is excluded, however fast it is.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from statistics import fmean

from tuner.errors import is_lack_of_memory
from tuner.results import Trial
from tuner.spec.trainer import Engine
from tuner.training.batch_cache import BatchCache
from tuner.training.context import TrainingContext
from tuner.training.custom.importing import brief
from tuner.training.engine_obstacle import obstacle
from tuner.training.groups import GROUPINGS
from tuner.training.learner import Learner
from tuner.training.lockstep import learn_together
from tuner.training.memory_fit import clear_memory
from tuner.training.worker_threads import WorkerThreads

NETWORKS = 8
"""Tried at once: about a stage."""

WARM_UP, TIMED_STEPS = 3, 10

WORTHWHILE = 1.1
"""Times as fast as the loop that an engine has to be: less may be chance."""

SAME_WAY = 0.01
"""Share by which the losses may differ; rounding, also to 16 bits, stays below."""

Clock = Callable[[], float]


@dataclass(frozen=True)
class TimedSteps:
    """A few steps by an engine.

    Attributes:
        seconds: That the timed ones took.
        losses: Mean total of all networks before the timed steps and in them; NaN where a network
            diverged.
    """

    seconds: float
    losses: tuple[float, float]


@dataclass(frozen=True)
class EngineTiming:
    """The result of timing one engine.

    Attributes:
        times: Speed relative to the loop; 0 where the engine cannot be used.
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
    context: TrainingContext, weights: Mapping[str, float], clock: Clock = time.perf_counter
) -> tuple[Engine, str]:
    """The fastest engine, and how fast each is, as a remark that begins with its name.

    Args:
        weights: Of the loss; the networks of the test have weights near them.
    """
    others = [engine for engine in GROUPINGS if engine != "loop"]
    loop = None
    if not all(obstacle(engine, context) for engine in others):
        try:
            loop = _few_steps("loop", context, weights, NETWORKS, clock)
        except (RuntimeError, MemoryError) as error:
            if not is_lack_of_memory(error):
                raise
            clear_memory()
            return "loop", f"loop ({NETWORKS} networks do not fit, so nothing else was tried)"
    outcomes = [_outcome(engine, loop, context, weights, clock) for engine in others]
    best = max(outcomes, key=lambda outcome: outcome.times)
    chosen: Engine = best.engine if best.times > WORTHWHILE else "loop"
    remarks = "; ".join(outcome.remark for outcome in outcomes)
    return chosen, f"{chosen} ({NETWORKS} networks at once; {remarks})"


def mismatch_with_loop(
    engine: Engine, context: TrainingContext, weights: Mapping[str, float]
) -> str:
    """Why an engine does not reproduce the losses of the loop; empty where it does."""
    context = replace(context, threads=1)  # so that two of each seed are in one group
    loop = _few_steps("loop", context, weights, networks=4)
    try:
        return _difference(_few_steps(engine, context, weights, networks=4), loop)
    except Exception as error:  # noqa: BLE001 - a network of the user's may raise anything
        return brief(error)


def _outcome(
    engine: Engine,
    loop: TimedSteps | None,
    context: TrainingContext,
    weights: Mapping[str, float],
    clock: Clock,
) -> EngineTiming:
    reason = obstacle(engine, context)
    if reason or loop is None:
        return EngineTiming(engine, 0.0, reason)
    try:
        steps = _few_steps(engine, context, weights, NETWORKS, clock)
    except Exception as error:  # noqa: BLE001 - as above, and memory may be too small
        clear_memory()
        return EngineTiming(engine, 0.0, brief(error))
    reason = _difference(steps, loop)
    return EngineTiming(engine, 0.0 if reason else loop.seconds / steps.seconds, reason)


def _difference(steps: TimedSteps, loop: TimedSteps) -> str:
    for mine, its in zip(steps.losses, loop.losses, strict=True):
        if not abs(mine - its) <= SAME_WAY * its:  # also true for NaN
            return f"the networks learn otherwise, their loss is {mine:.4g} for {its:.4g}"
    return ""


def _few_steps(
    engine: Engine,
    context: TrainingContext,
    weights: Mapping[str, float],
    networks: int,
    clock: Clock = time.perf_counter,
) -> TimedSteps:
    """Trains networks of two seeds, each with weights of its own."""
    steps, recipe = WARM_UP + TIMED_STEPS, context.by(engine).recipe
    learners = [
        Learner(
            Trial(
                weights=_moved(weights, number),
                seed=1 + number % 2,
                steps=steps,
                role="baseline",
                number=number,
            ),
            context.trainer,
            context.device,
            None,
            recipe,
        )
        for number in range(networks)
    ]
    batch_cache = BatchCache(context.batches, context.terms, 0)
    with WorkerThreads(context.threads) as workers:

        def learn(until: int) -> float:
            learn_together(learners, batch_cache, lambda _: until, workers, lambda _: None, engine)
            total = fmean(learner.averages()["loss/total"] for learner in learners)
            return math.nan if any(learner.problem for learner in learners) else total

        before = learn(WARM_UP)
        began = clock()
        timed = learn(steps)
        return TimedSteps(clock() - began, (before, timed))


def _moved(weights: Mapping[str, float], number: int) -> dict[str, float]:
    """Other weights for each network, so that a mix-up would be seen."""
    return {
        name: value * (1 + (number + place) % 4 / 2)
        for place, (name, value) in enumerate(weights.items())
    }
