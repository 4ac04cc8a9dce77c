"""What a study costs: hours and price from a measured pace."""

from __future__ import annotations

from collections.abc import Iterator

from tuner.plan import Plan
from tuner.training.pace import Pace


def tell_cost(pace: Pace, plan: Plan, steps_before: int, price: float) -> Iterator[str]:
    """The pace and the hours as a sentence, then the price of them where one is asked for."""
    shortest, longest = pace.study_hours(plan, steps_before)
    yield (
        f"Measured on {pace.device}: {pace.step_seconds * 1000:.0f} ms a step, "
        f"{pace.threads} trials at a time; the study takes {_hours(shortest)} to {_hours(longest)}."
    )
    if price:
        yield f"At {price:g} an hour: {shortest * price:.2f} to {longest * price:.2f}."


def _hours(hours: float) -> str:
    if hours < 1:
        minutes = max(1, round(hours * 60))
        return f"{minutes} minute{'s' if minutes > 1 else ''}"
    return f"{hours:.1f} hours"
