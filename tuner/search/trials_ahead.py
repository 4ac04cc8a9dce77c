"""Trials that are likely to be needed next, for workers and cores that have nothing else to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tuner.results import Role, Trial, TrialResult
from tuner.spec.plan import Plan

LIKELY_BEST = 2
"""Values of a stage that idle workers repeat before the decision."""


def surest_ahead(
    plan: Plan, pending: Sequence[Trial], results: Callable[[], Sequence[TrialResult]]
) -> Iterator[Trial]:
    """The surest of `trials_ahead`, for cores that would idle.

    The start weights are needed on every fresh seed, unless nothing is found. A value of the stage
    that is better than all that was trained on its seed will meet the incumbent on the others.
    """
    for seed in plan.confirm_seeds:
        start = start_on(plan, seed, plan.confirm_steps, "confirmation")
        yield start.model_copy(update={"ahead": True})
    known = results() if pending else ()
    for best in _candidates(known, pending[0].stage)[:1] if pending else ():
        if _is_best_of_its_seed(best, known):
            yield from _repeats(plan, best.trial)


def trials_ahead(
    plan: Plan, pending: Sequence[Trial], results: Callable[[], Sequence[TrialResult]]
) -> Iterator[Trial]:
    """Trials that are likely to be needed next, the surest first; some come twice.

    One value of a stage will be compared with the incumbent on the deciding seeds, most likely one
    that is good so far.

    Args:
        pending: What is asked for now.
        results: All results so far; called only where the fresh seeds are not enough.
    """
    yield from surest_ahead(plan, pending, results)
    if pending:
        best = [result.trial for result in _candidates(results(), pending[0].stage)]
        for one in (*best, *pending):
            yield from _repeats(plan, one)


def _repeats(plan: Plan, one: Trial) -> Iterator[Trial]:
    """The weights of a trial on the deciding seeds."""
    for seed in plan.decide_seeds:
        told = {"seed": seed, "role": "repeat", "number": -1, "ahead": True}
        yield one.model_copy(update=told)


def start_on(plan: Plan, seed: int, steps: int, role: Role) -> Trial:
    """A trial of the start weights."""
    return Trial(weights=plan.weights, seed=seed, steps=steps, role=role)


def _candidates(results: Sequence[TrialResult], stage: int) -> list[TrialResult]:
    """The best values of a stage so far."""
    tried = [r for r in results if r.trial.role == "candidate" and r.trial.stage == stage]
    scored = [(r.score, r.trial.number, r) for r in tried if r.score is not None]
    return [r for *_, r in sorted(scored, key=lambda each: each[:2])[:LIKELY_BEST]]


def _is_best_of_its_seed(one: TrialResult, results: Sequence[TrialResult]) -> bool:
    seed, steps = one.trial.seed, one.trial.steps
    alike = (r for r in results if (r.trial.seed, r.trial.steps) == (seed, steps))
    scores = [r.score for r in alike if r.score is not None and not r.trial.rival]
    return one.score == min(scores, default=None)
