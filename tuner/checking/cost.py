"""The cost of a study: hours and price from a measured pace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tuner.results import TrialResult
from tuner.spec.plan import Plan
from tuner.spec.trial_count import least, most

if TYPE_CHECKING:
    from tuner.training.pace import Pace


def describe_cost(pace: Pace, plan: Plan, steps_before: int, price: float) -> Iterator[str]:
    """Sentences on the pace and the hours, and on the price where one is given."""
    shortest, longest = pace.study_hours(plan, steps_before)
    yield (
        f"Measured on {pace.device}: {pace.step_seconds * 1000:.0f} ms a step, "
        f"{pace.threads} trials at a time; the study takes {_span(shortest, longest)}."
    )
    yield from _priced(price, shortest, longest)


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
    yield (
        f"Measured on {len(trained)} trials: {hours_a_step * plan.steps * 3600:.1f} s a trial; "
        f"the whole study takes {_span(shortest, longest)}."
    )
    yield from _priced(price, shortest, longest)


def _priced(price: float, shortest: float, longest: float) -> Iterator[str]:
    if price:
        yield f"At {price:g} an hour: {shortest * price:.2f} to {longest * price:.2f}."


def _span(shortest: float, longest: float) -> str:
    """Both ends, or one where they read alike."""
    ends = dict.fromkeys(map(_hours, (shortest, longest)))
    return " to ".join(ends)


def _hours(hours: float) -> str:
    if hours < 1:
        minutes = max(1, round(hours * 60))
        return f"{minutes} minute{'s' if minutes > 1 else ''}"
    return f"{hours:.1f} hours"
