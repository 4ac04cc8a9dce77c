"""Which engine is the fastest here: a few steps are done by each.

What an engine wins depends on networks, pictures and device, and nobody can compute it. One by
which the networks learn otherwise than in the loop is out, however fast it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import fmean

from tuner.errors import TrainerError
from tuner.results import Trial
from tuner.study import Engine
from tuner.training.bench import Bench
from tuner.training.crew import Crew
from tuner.training.grouping import GROUPINGS, obstacle
from tuner.training.learner import Learner
from tuner.training.lessons import Lessons
from tuner.training.lockstep import learn_together

TOGETHER = 8
"""Networks that are tried at once: about a stage."""

WARM_UP, TIMED_STEPS = 3, 10

SAME_WAY = 0.01
"""Share by which the loss of the first steps may differ; 16 bits alone make it about a tenth."""

Clock = Callable[[], float]


@dataclass(frozen=True)
class Tried:
    """What a few steps of an engine came to.

    Attributes:
        step_seconds: Of one network.
        loss: Mean total of all networks over the first steps.
    """

    step_seconds: float
    loss: float


def fastest_engine(
    bench: Bench, weights: Mapping[str, float], clock: Clock = time.perf_counter
) -> tuple[Engine, str]:
    """The fastest engine, and how fast each is, as a remark that begins with its name.

    Args:
        weights: Of the loss, for the networks that are tried.
    """
    loop = try_engine("loop", bench, weights, clock)
    best: Engine = "loop"
    most, told = 1.0, []
    for engine in GROUPINGS:
        if engine == "loop":
            continue
        times = _times_as_fast(loop, engine, bench, weights, clock)
        if isinstance(times, str):
            told.append(f"not {engine}: {times}")
            continue
        told.append(f"{engine} is {times:.2f} times as fast as the loop")
        if times > most:
            best, most = engine, times
    return best, f"{best} ({TOGETHER} networks at once; {'; '.join(told)})"


def try_engine(
    engine: Engine, bench: Bench, weights: Mapping[str, float], clock: Clock = time.perf_counter
) -> Tried:
    """Does a few steps.

    Raises:
        TrainerError: A network of the user's fails.
        RuntimeError: Torch cannot do it, for lack of memory for instance.
    """
    steps, kit = WARM_UP + TIMED_STEPS, bench.by(engine).kit
    learners = [
        Learner(
            Trial(weights=weights, seed=1, steps=steps, role="baseline", number=number),
            bench.trainer,
            bench.device,
            None,
            kit,
        )
        for number in range(TOGETHER)
    ]
    lessons = Lessons(bench.batches, bench.terms, 0)
    with Crew(bench.threads) as crew:

        def learn(until: int) -> float:
            learn_together(
                learners, lessons, lambda _: until, crew, lambda _: None, GROUPINGS[engine]
            )
            return fmean(learner.averages()["loss/total"] for learner in learners)

        loss = learn(WARM_UP)
        began = clock()
        learn(steps)
        return Tried((clock() - began) / (TIMED_STEPS * TOGETHER), loss)


def _times_as_fast(
    loop: Tried, engine: Engine, bench: Bench, weights: Mapping[str, float], clock: Clock
) -> float | str:
    """How many times as fast as the loop an engine is, or why it cannot be had."""
    reason = obstacle(engine, bench.kit)
    if reason:
        return reason
    try:
        tried = try_engine(engine, bench, weights, clock)
    except (RuntimeError, TrainerError) as error:
        return str(error).splitlines()[0]
    if not abs(tried.loss - loop.loss) <= SAME_WAY * loop.loss:  # also where one is NaN
        return f"the networks learn otherwise, their loss is {tried.loss:.4g} for {loop.loss:.4g}"
    return loop.step_seconds / tried.step_seconds
