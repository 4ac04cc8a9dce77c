"""The end of a study: the claim on fresh seeds, and the comparison with rivals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from tuner.results import Comparison, RivalResult, Role, Trial, TrialResult
from tuner.results.statistics import (
    CLAIM_CONFIDENCE,
    compare,
    no_change,
    scores_by_seed,
    verdict_between,
    weights_key,
    within,
)
from tuner.search.context import reliable
from tuner.search.error_spending import (
    level_of_a_look,
    level_of_a_part,
    level_of_the_upper_end,
)
from tuner.search.guardrails import claimed_guardrails, with_guardrails
from tuner.search.other_photos import with_other_photos
from tuner.search.result_cache import ResultCache
from tuner.spec.plan import Plan

HOPELESS = 0.3
"""A gain below this share of its margin ends a claim at its first look: twice the seeds are
expected to confirm it in at most 11 % of cases. It can only keep a claim from being confirmed, so
it does not raise the error (a non-binding stop for futility; Jennison and Turnbull, 2000,
chapter 10)."""

Claims = tuple[tuple[Mapping[str, float], Comparison | None], ...]
"""What each part of a study claimed: the weights, and their claim."""


def confirm(
    plan: Plan,
    incumbent: Mapping[str, float],
    baseline: Sequence[TrialResult],
    seen: ResultCache,
    before: Claims = (),
) -> Comparison | None:
    """Compares incumbent and baseline on seeds that no decision has used.

    Args:
        before: The claims from before the study went on; one of the same weights stands.

    Returns:
        None where no fresh seed has a score of both.
    """
    if weights_key(incumbent) == weights_key(plan.weights):
        return no_change(scores_by_seed(baseline, rejected=True), CLAIM_CONFIDENCE)
    if before and not plan.extensions and weights_key(incumbent) == weights_key(before[-1][0]):
        return before[-1][1]
    return Claim(plan, incumbent, seen, before=before).judged()


class Claim:
    """The comparison of some weights with the start weights, look by look.

    Args:
        challenger: The weights that may replace the start weights.
        tell: Called when the first look is trained.
        before: The claims from before the study went on.
    """

    def __init__(
        self,
        plan: Plan,
        challenger: Mapping[str, float],
        seen: ResultCache,
        tell: Callable[[], None] = lambda: None,
        before: Claims = (),
    ) -> None:
        self._plan = plan
        self._pair = (plan.weights, challenger)
        self._seen = seen
        self._tell = tell
        self._before = before
        # Chosen before the claim is looked at: a look that the budget denies costs no error.
        afforded = plan.challenger is not None or seen.affords(2 * plan.looks[-1])
        self._planned = plan.looks if afforded else plan.looks[:1]

    def judged(self) -> Comparison | None:
        """Looks at the planned seeds until they decide, then at those that were added."""
        looks: list[int] = []
        claim = None
        for seeds in self._planned:
            looks.append(seeds)
            claim = self._look(looks, 0)
            if len(looks) == 1:
                self._tell()
            if self._decided(claim) or self._is_hopeless(claim):
                break
        for number, seeds in enumerate(self._plan.extensions, start=1):
            looks.append(looks[-1] + seeds)
            claim = self._look(looks, number)
        return claim

    def _look(self, looks: Sequence[int], extensions: int) -> Comparison | None:
        """Trains as far as the latest look, and compares."""
        plan, seeds = self._plan, self._plan.claim_seeds(looks[-1])
        asked = [
            Trial(weights=dict(weights), seed=seed, steps=plan.confirm_steps, role="confirmation")
            for seed in seeds
            for weights in self._pair
        ]
        results = self._seen.train(asked)
        sides = results[0::2], results[1::2]
        before, after = (scores_by_seed(side, rejected=True) for side in sides)
        if not before.keys() & after.keys():
            return None
        known = reliable(sides[1])
        noise = self._seen.noise(*self._pair, steps=plan.confirm_steps) if known else None
        level = self._level(tuple(looks), extensions)
        above = self._level_above(tuple(looks), extensions)
        claim = compare(before, after, noise, 1 - level, strict=True)
        high = compare(before, after, noise, 1 - above, strict=True).high
        ends = {"high": high, "verdict": verdict_between(claim.low, high)}
        claim = claim.model_copy(update=ends)
        claim = with_other_photos(claim, *sides, above=1 - above)
        verdict = "no difference" if within(claim, plan.margin) else claim.verdict
        told = {"confidence": CLAIM_CONFIDENCE, "looks": tuple(looks), "verdict": verdict}
        alike = self._seen.of_length(plan.confirm_steps)
        checks = claimed_guardrails(plan.guardrails, *sides, alike, 1 - level)
        return with_guardrails(claim.model_copy(update=told), checks)

    def _level(self, looks: tuple[int, ...], extensions: int) -> float:
        """The error of this look, of what the looks and the parts before have left."""
        if self._plan.earlier is None:
            return level_of_a_look(self._planned[-1], looks, extensions)
        return level_of_a_part(self._parts(self._plan.earlier), extensions)

    def _level_above(self, looks: tuple[int, ...], extensions: int) -> float:
        """That of the upper end; two sets of weights that are compared may both be the better."""
        if self._plan.challenger is not None:
            return self._level(looks, extensions)
        if self._plan.earlier is None:
            return level_of_the_upper_end(looks, extensions)
        parts = self._parts(self._plan.earlier)
        _, first = self._before[0]
        drawn = max(0, len(first.looks) - parts[0][0]) if first else 0
        return level_of_a_part(parts, extensions, drawn)

    def _parts(self, latest: Plan) -> tuple[tuple[int, bool], ...]:
        """Of each part before, how often it was added to, and whether its error is handed on."""
        return tuple(
            (1 + len(part.extensions), _hands_on(claim))
            for part, (_, claim) in zip(latest.parts, self._before, strict=True)
        )

    def _decided(self, claim: Comparison | None) -> bool:
        """Whether further seeds are not needed, or are of no use."""
        if claim is None or claim.low is None:  # what fails cannot be better
            return True
        if claim.verdict == "guardrail":  # more seeds may show that it holds
            return any(check.surely_broken for check in claim.guardrails)
        return claim.verdict != "no difference" or within(claim, self._plan.margin)

    def _is_hopeless(self, claim: Comparison | None) -> bool:
        """Whether as many seeds again will hardly confirm it; only a search asks."""
        if self._plan.challenger is not None or claim is None or claim.low is None:
            return False
        return claim.gain < HOPELESS * (claim.gain - claim.low)


def _hands_on(claim: Comparison | None) -> bool:
    """Whether a claim was confirmed, or not made."""
    return claim is not None and (claim.verdict == "better" or not claim.seeds)


def compare_with_rivals(
    plan: Plan, seen: ResultCache, best: Mapping[str, float]
) -> tuple[RivalResult, ...]:
    """Compares the rivals with the start weights and the best ones, on the seeds of the claim.

    Args:
        best: The exported weights; nothing is trained with them here.
    """
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
    alike = seen.of_length(plan.confirm_steps)
    of_the_best = scores_by_seed((one for one in alike if one.trial.is_of(best)), rejected=True)
    one_of_many = 1 - (1 - CLAIM_CONFIDENCE) / len(plan.rivals)

    def against(
        before: Mapping[int, float], after: Mapping[int, float], confidence: float
    ) -> Comparison | None:
        if not before.keys() & after.keys():
            return None
        return compare(before, after, noise, confidence, strict=True)

    return tuple(
        RivalResult(
            name=rival.name,
            comparison=against(by_seed[0], after, CLAIM_CONFIDENCE),
            against_best=against(of_the_best, after, one_of_many),
        )
        for rival, after in zip(plan.rivals, by_seed[1:], strict=True)
    )
