"""The end of a study: the claim on fresh seeds, and the comparison with rivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from tuner.results import Comparison, RivalResult, Role, Trial, TrialResult
from tuner.search.context import reliable
from tuner.search.other_photos import with_other_photos
from tuner.search.result_cache import ResultCache
from tuner.spec.plan import Plan
from tuner.statistics import CLAIM_CONFIDENCE, compare, no_change, scores_by_seed, weights_key


def confirm(
    plan: Plan, incumbent: Mapping[str, float], baseline: Sequence[TrialResult], seen: ResultCache
) -> Comparison | None:
    """Compares incumbent and baseline on seeds that no decision has used.

    Returns:
        None where no fresh seed has a score of both.
    """
    if weights_key(incumbent) == weights_key(plan.weights):
        return no_change(scores_by_seed(baseline, rejected=True), CLAIM_CONFIDENCE)
    asked = [
        Trial(weights=dict(weights), seed=seed, steps=plan.confirm_steps, role="confirmation")
        for seed in plan.confirm_seeds
        for weights in (plan.weights, incumbent)
    ]
    results = seen.train(asked)
    before, after = (scores_by_seed(part, rejected=True) for part in (results[0::2], results[1::2]))
    if not before.keys() & after.keys():
        return None
    pair = (plan.weights, incumbent)
    known = reliable(results[1::2])
    noise = seen.noise(*pair, steps=plan.confirm_steps) if known else None
    claim = compare(before, after, noise, CLAIM_CONFIDENCE, strict=True)
    return with_other_photos(claim, results[0::2], results[1::2])


def compare_with_rivals(plan: Plan, seen: ResultCache) -> tuple[RivalResult, ...]:
    """Compares the rivals with the start weights, on the seeds of the claim."""
    if not plan.rivals:
        return ()

    def trials(weights: Mapping[str, float], role: Role, rival: str = "") -> list[Trial]:
        return [
            Trial(
                weights=dict(weights), seed=seed, steps=plan.confirm_steps, role=role, rival=rival
            )
            for seed in plan.confirm_seeds
        ]

    asked = [trials(plan.weights, "confirmation")]
    asked += [trials(rival.weights, "rival", rival.name) for rival in plan.rivals]
    results = iter(seen.train([trial for each in asked for trial in each]))
    by_seed = [
        scores_by_seed(islice(results, len(plan.confirm_seeds)), rejected=True) for _ in asked
    ]
    noise = seen.noise(steps=plan.confirm_steps)
    return tuple(
        RivalResult(
            name=rival.name,
            comparison=compare(by_seed[0], after, noise, CLAIM_CONFIDENCE, strict=True)
            if by_seed[0].keys() & after.keys()
            else None,
        )
        for rival, after in zip(plan.rivals, by_seed[1:], strict=True)
    )
