"""Guardrails: compares guarded numbers of some weights with those of the start weights.

The steps of the search ask for the mean over the seeds that both were trained on. The claim asks
for more: on each guardrail the interval on fresh seeds has to end before the margin. All of them
have to hold, so that none needs a correction for their number (an intersection-union test;
R. Berger, "Multiparameter hypothesis testing and acceptance sampling", Technometrics 24, 1982).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tuner.results import Comparison, Guardrail, GuardrailCheck, Noise, TrialResult
from tuner.results.statistics import (
    CLAIM_CONFIDENCE,
    Scores,
    compare,
    measure_noise,
    scores_by_seed,
    scores_by_weights,
    visible_gain,
    weights_key,
)
from tuner.spec.plan import Plan

Results = Iterable[TrialResult]


class GuardedTrainings:
    """The guarded numbers of trainings of equal length, by weights and seed.

    Weights that just keep to a guardrail would fail its claim, whose interval has a width. So what
    the seeds of the claim are expected to leave open is kept in reserve, but at most half of what
    is allowed.

    Args:
        plan: Names the guardrails, the start weights, and the seeds of the claim.
        results: All trainings of the stages' length.
    """

    def __init__(self, plan: Plan, results: Results) -> None:
        self._start = weights_key(plan.weights)
        seen = [(one, _projected(one, results)) for one in plan.guardrails]
        self._guarded = [
            (one, scores_by_weights(numbers), _reserve(one, numbers, plan)) for one, numbers in seen
        ]

    def broken(self, weights: Mapping[str, float]) -> tuple[GuardrailCheck, ...]:
        """The guardrails that weights break; none where they share no seed with the start."""
        key = weights_key(weights)
        if key == self._start:
            return ()
        checks = (
            _checked(one, table.get(self._start, {}), table.get(key, {}), reserve=reserve)
            for one, table, reserve in self._guarded
        )
        return tuple(check for check in checks if check is not None and check.broken)


def claimed_guardrails(
    guardrails: Sequence[Guardrail],
    before: Sequence[TrialResult],
    after: Sequence[TrialResult],
    results: Sequence[TrialResult],
    confidence: float,
) -> tuple[GuardrailCheck, ...]:
    """Each guarded number on the seeds of the claim, with its interval.

    Args:
        guardrails: All of the study.
        before: Trainings of the start weights.
        after: Trainings of the weights that are claimed, on the same seeds.
        results: All trainings of that length, which tell the noise.
        confidence: Coverage of each interval.
    """
    if not guardrails or not before:
        return ()
    start = before[0].trial.weights
    checks = []
    for one in guardrails:
        sides = (_by_seed(one, before), _by_seed(one, after))
        noise = guarded_noise(one, start, results)
        checks.append(_checked(one, *sides, noise, confidence))
    return tuple(check for check in checks if check is not None)


def guarded_noise(
    guardrail: Guardrail, start: Mapping[str, float], results: Results
) -> Noise | None:
    """The noise of a guarded number in one training; None where it is not known."""
    return measure_noise(start, _projected(guardrail, results))


def with_guardrails(comparison: Comparison, checks: tuple[GuardrailCheck, ...]) -> Comparison:
    """A comparison of scores with its guardrails; one that is not shown to hold decides.

    Args:
        comparison: Of a step, or the claim.
        checks: Of a step those that are broken, of the claim all.
    """
    if not checks:
        return comparison
    against = not all(check.shown for check in checks)
    verdict = "guardrail" if against and comparison.verdict == "better" else comparison.verdict
    return comparison.model_copy(update={"guardrails": checks, "verdict": verdict})


def _checked(
    guardrail: Guardrail,
    before: Scores,
    after: Scores,
    noise: Noise | None = None,
    confidence: float = CLAIM_CONFIDENCE,
    *,
    reserve: float = 0.0,
) -> GuardrailCheck | None:
    """Compares two sides; None where they have no seed in common."""
    if not before.keys() & after.keys():
        return None
    found = compare(before, after, noise, confidence, strict=True)
    return GuardrailCheck(
        metric=guardrail.metric,
        way=guardrail.way,
        margin=guardrail.margin,
        before=guardrail.sign * found.before,
        after=guardrail.sign * found.after,
        moved=-found.gain,
        low=None if found.high is None else -found.high,
        high=None if found.low is None else -found.low,
        reserve=reserve,
    )


def _reserve(guardrail: Guardrail, numbers: Results, plan: Plan) -> float:
    """What the claim is expected to leave open; 0 before the noise is known."""
    noise = measure_noise(plan.weights, numbers)
    if noise is None or not noise.paired:
        return 0.0
    pairs = len(plan.confirm_seeds)
    as_claimed = noise.model_copy(update={"degrees": max(1, min(noise.degrees, pairs - 1))})
    return min(visible_gain(as_claimed, pairs, CLAIM_CONFIDENCE), guardrail.margin / 2)


def _by_seed(guardrail: Guardrail, results: Results) -> dict[int, float]:
    return scores_by_seed(_projected(guardrail, results), rejected=True)


def _projected(guardrail: Guardrail, results: Results) -> list[TrialResult]:
    """Results with the guarded number, lower being better, in place of the score."""
    return [
        one.model_copy(update={"score": guardrail.sign * one.measures[guardrail.metric]})
        for one in results
        if one.score is not None and guardrail.metric in one.measures
    ]
