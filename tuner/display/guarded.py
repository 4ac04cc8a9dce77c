"""The lines on guardrails once the start weights are trained: level, noise, what can be shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from statistics import fmean
from typing import Literal

from tuner.results import Guardrail, TrialResult
from tuner.results.score_unit import ScoreUnit
from tuner.search.error_spending import visible_claim
from tuner.search.guardrails import guarded_noise
from tuner.spec.plan import Plan


def guardrail_lines(
    plan: Plan, results: Iterable[TrialResult]
) -> Iterator[tuple[str, Literal["usual", "loud"]]]:
    """A line for each guardrail, with its tone; loud where the claim could hardly show it."""
    results = tuple(results)
    for guardrail in plan.guardrails:
        name, unit = guardrail.metric, ScoreUnit(guardrail.metric)
        start = [
            r.measures[name] for r in results if r.trial.role == "baseline" if name in r.measures
        ]
        if not start:
            continue
        head = f"Guardrail: {guardrail.told}; the start weights have {unit.number(fmean(start))}."
        noise = guarded_noise(guardrail, plan.weights, results)
        if noise is None:
            yield head, "usual"
            continue
        least = visible_claim(noise, plan.looks)
        yield f"{head} Noise of one training: {unit.amount(noise.sd)}.", "usual"
        if least > guardrail.margin:
            yield _too_narrow(guardrail, least, plan.looks[-1]), "loud"


def _too_narrow(guardrail: Guardrail, least: float, seeds: int) -> str:
    way, amount = guardrail.way, ScoreUnit(guardrail.metric).amount(least)
    return (
        f"NOTICE: {seeds} seeds can only rule out a {way} of more than about {amount}, so weights "
        f"that leave {guardrail.metric} as it is may not be confirmed (raise may_{way}, or "
        "repeats.confirm)."
    )
