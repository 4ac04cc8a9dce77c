"""What a study of somebody's own script costs: known from its trials, not from a few steps."""

from __future__ import annotations

from collections.abc import Iterator

from tuner.effort import least, most
from tuner.plan import Plan
from tuner.records.history import StudyHistory


def tell_own_cost(
    earlier: StudyHistory | None, plan: Plan, parallel: int, price: float
) -> Iterator[str]:
    """The hours as a sentence, then the price of them where one is asked for."""
    results = earlier.results.values() if earlier else ()
    trained = [result for result in results if result.score is not None]
    steps = sum(result.trial.steps for result in trained)
    if not steps:
        yield "How long your own trainings take is known once the baseline is trained."
        return
    step_hours = sum(result.seconds for result in trained) / steps / 3600
    shortest, longest = (
        sum(each.trials * each.steps for each in effort.rounds) * step_hours / parallel
        for effort in (least(plan), most(plan))
    )
    yield (
        f"Measured on {len(trained)} trials: {step_hours * plan.steps * 3600:.1f} s a trial; the "
        f"whole study takes {shortest:.1f} to {longest:.1f} hours."
    )
    if price:
        yield f"At {price:g} an hour: {shortest * price:.2f} to {longest * price:.2f}."
