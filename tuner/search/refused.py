"""Weights that scored better than the start, and that a guardrail refused all the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tuner.results import GuardrailCheck, RefusedBetter, TrialResult
from tuner.results.statistics import scores_by_seed, weights_key
from tuner.search.guardrails import GuardedTrainings
from tuner.spec.plan import Plan


def refusals(result: TrialResult, broken: Iterable[GuardrailCheck] = ()) -> list[str]:
    """The guardrails that refuse a training: its own rejection, and the numbers that it breaks."""
    rejected = [result.reason.partition(":")[0]] if result.status == "rejected" else []
    return [*rejected, *(check.metric for check in broken)]


def refused_better(plan: Plan, results: Sequence[TrialResult]) -> tuple[RefusedBetter, ...]:
    """For each guardrail, how many sets of weights it refused that scored better than the start.

    A set counts as better where one of its trainings is, on a seed that the start weights were
    trained on; that is no proof.

    Args:
        results: All of the study.
    """
    own = [one for one in results if not one.trial.rival and one.trial.steps == plan.steps]
    start = [one for one in own if one.trial.is_of(plan.weights)]
    before, guarded = scores_by_seed(start, rejected=True), GuardedTrainings(plan, own)
    sets: dict[str, set[object]] = {}
    for one in own:
        seed, weights = one.trial.seed, one.trial.weights
        if one.score is None or one in start or one.score >= before.get(seed, one.score):
            continue
        for name in refusals(one, guarded.broken(weights)):
            sets.setdefault(name, set()).add(weights_key(weights))
    return tuple(RefusedBetter(guardrail=name, sets=len(found)) for name, found in sets.items())
