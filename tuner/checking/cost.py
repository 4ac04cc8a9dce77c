"""The cost of a study: its time and its price from a measured pace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tuner.results import TrialResult
from tuner.spec.plan import Plan
from tuner.spec.trial_count import least, most
from tuner.wording import duration

if TYPE_CHECKING:
    from tuner.training.pace import Pace

LONG = 48.0
"""More hours than this on a processor, and a study is better run in another way."""


def describe_cost(pace: Pace, plan: Plan, steps_before: int, price: float) -> Iterator[str]:
    """Sentences on the time that a study takes, and on the price where one is given."""
    shortest, longest = pace.study_hours(plan, steps_before)
    steps = duration(pace.step_seconds)
    yield (
        f"{_span(shortest, longest)} on {_named(pace.device)} "
        f"(measured: {steps} a step, {pace.threads} trials at a time)."
    )
    yield from _priced(price, shortest, longest)


def is_long(pace: Pace, plan: Plan, steps_before: int) -> bool:
    """Whether a study takes so long on a processor that it is better run in another way."""
    return pace.device == "cpu" and pace.study_hours(plan, steps_before)[1] > LONG


def describe_external_cost(
    results: Iterable[TrialResult], plan: Plan, parallel: int, price: float
) -> Iterator[str]:
    """The same for the user's script or function, from the time of its earlier trials.

    Args:
        results: All results so far.
        parallel: How many trials run at the same time.
    """
    trained = [result for result in results if result.score is not None]
    steps = sum(result.trial.steps for result in trained)
    if not steps:
        yield "How long your own trainings take is known once the baseline is trained."
        return
    hours_a_step = sum(result.seconds for result in trained) / steps / 3600
    shortest, longest = (
        sum(each.trials * each.steps for each in effort.rounds) * hours_a_step / parallel
        for effort in (least(plan), most(plan))
    )
    a_trial = duration(hours_a_step * plan.steps * 3600)
    yield (
        f"{_span(shortest, longest)} for the whole study "
        f"(measured on {len(trained)} trials: {a_trial} a trial)."
    )
    yield from _priced(price, shortest, longest)


def _priced(price: float, shortest: float, longest: float) -> Iterator[str]:
    if price:
        yield f"At {price:g} an hour: {shortest * price:.2f} to {longest * price:.2f}."


def _span(shortest: float, longest: float) -> str:
    return duration(shortest * 3600, longest * 3600)


def _named(device: str) -> str:
    return "this CPU" if device == "cpu" else device
