"""Trials that are likely to be needed next, for workers that have nothing else to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tuner.results import Role, Trial, TrialResult
from tuner.spec.plan import Plan

LIKELY_BEST = 2
"""Values of a stage that idle workers repeat before the decision."""


def trials_ahead(
    plan: Plan, pending: Sequence[Trial], results: Callable[[], Sequence[TrialResult]]
) -> Iterator[Trial]:
    """Trials that are likely to be needed next, the surest first.

    The start weights are needed on every fresh seed in any case. One value of a stage will be
    compared with the incumbent on the deciding seeds, most likely one that is good so far.

    Args:
        results: Reads all results; it is called where they matter.
    """
    for seed in plan.confirm_seeds:
        yield start_on(plan, seed, plan.confirm_steps, "confirmation")
    if not pending:
        return
    best = _candidates(results(), pending[0].stage)
    for one in (*best, *pending):
        for seed in plan.decide_seeds:
            yield one.model_copy(update={"seed": seed, "role": "repeat", "number": -1})


def start_on(plan: Plan, seed: int, steps: int, role: Role) -> Trial:
    """A trial of the start weights."""
    return Trial(weights=plan.weights, seed=seed, steps=steps, role=role)


def _candidates(results: Sequence[TrialResult], stage: int) -> list[Trial]:
    """The best values of a stage so far."""
    tried = [r for r in results if r.trial.role == "candidate" and r.trial.stage == stage]
    best = sorted((r.score, r.trial.number) for r in tried if r.score is not None)[:LIKELY_BEST]
    return [r.trial for _, number in best for r in tried if r.trial.number == number]
