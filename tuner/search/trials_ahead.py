"""Trials that are likely to be needed next, for workers and cores that have nothing else to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import median_high

from tuner.results import Role, Trial, TrialResult
from tuner.search.procedure import Step, replay
from tuner.spec.plan import Plan

LIKELY_BEST = 2
"""Values of a stage that idle workers repeat before the decision."""


def surest_ahead(plan: Plan, step: Step) -> Iterator[Trial]:
    """What a run alone trains beside the missing trials on cores that would idle.

    First come the start weights on the fresh seeds, then what will be asked for after a single
    missing trial: such as the next value outwards if a value beyond an edge is the best again, and
    repeats of the best one if it is not.

    Args:
        step: Where the study stands; some may come twice.
    """
    yield from _starts(plan)
    if len(step.missing) == 1:
        for outcome in _outcomes(step, step.missing[0]):
            for asked in replay(plan, (*step.used, outcome)).missing:
                yield asked.model_copy(update={"ahead": True})


def trials_ahead(
    plan: Plan, pending: Sequence[Trial], results: Callable[[], Sequence[TrialResult]]
) -> Iterator[Trial]:
    """What idle workers train, the surest first; some come twice.

    The start weights are needed on every fresh seed, unless nothing is found. One value of a stage
    will be compared with the incumbent on the deciding seeds, most likely one that is good so far.

    Args:
        pending: What is asked for now.
        results: All results so far; called only where the fresh seeds are not enough.
    """
    yield from _starts(plan)
    if pending:
        best = [result.trial for result in _candidates(results(), pending[0].stage)]
        for one in (*best, *pending):
            yield from _repeats(plan, one)


def start_on(plan: Plan, seed: int, steps: int, role: Role) -> Trial:
    """A trial of the start weights."""
    return Trial(weights=plan.weights, seed=seed, steps=steps, role=role)


def _starts(plan: Plan) -> Iterator[Trial]:
    """The start weights on the fresh seeds."""
    for seed in plan.confirm_seeds:
        start = start_on(plan, seed, plan.confirm_steps, "confirmation")
        yield start.model_copy(update={"ahead": True})


def _outcomes(step: Step, pending: Trial) -> Iterator[TrialResult]:
    """A trial as the best of its seed, then as a middling one; none before the noise is known."""
    noise = step.judgements[-1].noise if step.judgements else None
    alike = [
        (result.score, result)
        for result in step.used
        if (result.trial.seed, result.trial.steps) == (pending.seed, pending.steps)
        and result.status == "complete"
        and result.score is not None
    ]
    if noise is None or not alike:
        return
    scores = [score for score, _ in alike]
    _, model = min(alike, key=lambda each: each[0])  # its measures break no guardrail
    number = 1 + max(result.trial.number for result in step.used)
    trial = pending.model_copy(update={"number": number})
    for score in (min(scores) - noise.sd, median_high(scores)):
        yield model.model_copy(update={"trial": trial, "score": score})


def _repeats(plan: Plan, one: Trial) -> Iterator[Trial]:
    """The weights of a trial on the deciding seeds."""
    for seed in plan.decide_seeds:
        told = {"seed": seed, "role": "repeat", "number": -1, "ahead": True}
        yield one.model_copy(update=told)


def _candidates(results: Sequence[TrialResult], stage: int) -> list[TrialResult]:
    """The best values of a stage so far."""
    tried = [r for r in results if r.trial.role == "candidate" and r.trial.stage == stage]
    scored = [(r.score, r.trial.number, r) for r in tried if r.score is not None]
    return [r for *_, r in sorted(scored, key=lambda each: each[:2])[:LIKELY_BEST]]
