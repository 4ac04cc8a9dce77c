"""Checks the noise that an earlier run has measured, and which gains are larger than it."""

from __future__ import annotations

from tuner.checking.result import CheckResult
from tuner.results import Noise
from tuner.results.score_unit import SCORE, ScoreUnit
from tuner.search.error_spending import visible_claim
from tuner.spec.plan import Plan

SUBJECT = "noise"
MUCH = 0.2
"""A large standard deviation of a score; the gray photo has a score of 2."""


def check_noise(noise: Noise | None, plan: Plan, unit: ScoreUnit = SCORE) -> CheckResult:
    """The noise of one score.

    Args:
        noise: The noise that an earlier run of the study has measured; None without such a run.
        unit: What the score stands for.
    """
    if noise is None:
        sentence = f"not known yet: the first {len(plan.baseline_seeds)} trials measure it"
        return CheckResult(SUBJECT, "green", sentence)
    least = visible_claim(noise, plan.looks)
    sentence = (
        f"noise of one training: {unit.amount(noise.sd)} (measured by the earlier run); smallest "
        f"detectable gain at the end: {unit.amount(least)}"
    )
    if least > MUCH and not unit.metric:
        advice = "raise repeats.confirm, train longer, or set trainer.start_from: baseline"
        return CheckResult(SUBJECT, "amber", sentence, advice)
    return CheckResult(SUBJECT, "green", sentence)
