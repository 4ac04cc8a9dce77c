"""The comparison of two sets of weights, and the noise of one training.

A gain is positive when it is better.
"""

from __future__ import annotations

from typing import Literal

from tuner.results.guardrail import GuardrailCheck
from tuner.results.trial import Record

Verdict = Literal["better", "no difference", "worse", "guardrail"]
"""`guardrail`: the score is better, but a guardrail stands against it."""


class Noise(Record):
    """How much the score of one training scatters, without the effect of its seed.

    Attributes:
        sd: Standard deviation of one score.
        degrees: Degrees of freedom of `sd`.
        spread: Standard deviation between seeds of the baseline, the effect of the seed included.
        paired: Whether several weights were trained on the same seeds. Before that `sd` is the
            baseline's spread, which may be far too large.
    """

    sd: float
    degrees: int
    spread: float
    paired: bool = True


class OtherPhotos(Record):
    """How far a claim carries beyond its photos: seeds and photos are both a matter of luck.

    Attributes:
        before: Mean score of the first set of weights.
        after: Mean score of the second set.
        gain: `before - after`; positive is better.
        low: Lower end of the interval of the gain on other photos of the kind.
        high: Upper end.
        photos: Number of photos that tell this.
        worse_on: On how many of them the second set is the worse one.
        vault: Whether these photos were never scored before the claim. Then they decide it.
    """

    before: float
    after: float
    gain: float
    low: float
    high: float
    photos: int
    worse_on: int
    vault: bool = False


class Comparison(Record):
    """The comparison of two sets of weights on equal seeds.

    Attributes:
        before: Mean score of the first set.
        after: Mean score of the second set.
        gain: `before - after`; positive is better.
        low: Lower end of the interval of the gain; None where the noise is not known.
        high: Upper end.
        confidence: Coverage of the interval, such as 0.95.
        seeds: The seeds that both were trained on.
        verdict: `better` where the interval lies above 0, `worse` where below; `guardrail` where
            it would be better, but a guardrail stands against it.
        looks: After how many seeds a claim was looked at, ascending, this time included; its
            intervals hold the true gain at all looks together. Empty for other comparisons.
        guardrails: The guarded numbers of the second set beside those of the start weights: of a
            claim all, with intervals; of a step those that it breaks.
        other_photos: Of the claim, how far it carries beyond these photos; None where single
            photos have no score. With a vault it decides the verdict.
    """

    before: float
    after: float
    gain: float
    low: float | None
    high: float | None
    confidence: float
    seeds: tuple[int, ...]
    verdict: Verdict
    looks: tuple[int, ...] = ()
    other_photos: OtherPhotos | None = None
    guardrails: tuple[GuardrailCheck, ...] = ()

    @property
    def breaks(self) -> tuple[GuardrailCheck, ...]:
        """The guardrails that the second set breaks, by its means."""
        return tuple(check for check in self.guardrails if check.broken)
