"""How far a claim carries to other photos: photos are a second random factor, beside seeds.

    gain on seed s and photo p = gain + seed + photo + rest

The mean over all of them scatters because of the seeds, which the claim's own interval tells, and
because of the photos. The variance of both together is at most the sum of the two one-way
variances, each of which has the rest in it once (A. Owen, "The pigeonhole bootstrap", Annals of
Applied Statistics 1, 2007, for crossed factors; C. Cameron, J. Gelbach and D. Miller, "Robust
inference with multiway clustering", Journal of Business and Economic Statistics 29, 2011, who
subtract the rest once). It is not subtracted here: with two to five seeds the difference covers
less than it says (`benchmarks/other_photos.py`). Margins with Student's quantiles of their own
degrees of freedom add in squares (G. Zou and A. Donner, "Construction of confidence limits about
effect measures", Statistics in Medicine 27, 2008).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import hypot
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tuner.results import Comparison, OtherPhotos, TrialResult
from tuner.results.statistics import paired_margin, verdict_between

ScoresOfPhotos = Mapping[int, tuple[float, ...]]
"""What each photo says the score is, by seed; equal places are equal photos."""


def with_other_photos(
    claim: Comparison,
    before: Sequence[TrialResult],
    after: Sequence[TrialResult],
    above: float,
) -> Comparison:
    """The claim, with how far it carries beyond its photos; a vault decides its verdict.

    Args:
        claim: The comparison on the seeds of the claim.
        before: Results of the first set of weights.
        after: Results of the second set.
        above: Confidence of the upper end of the claim's interval, in (0, 1).
    """
    vault = _beyond(claim, above, *(_by_seed(side, "vault_scores") for side in (before, after)))
    if vault is not None:
        verdict = verdict_between(vault.low, vault.high)
        decided = vault.model_copy(update={"vault": True})
        return claim.model_copy(update={"other_photos": decided, "verdict": verdict})
    beyond = _beyond(claim, above, *(_by_seed(side, "photo_scores") for side in (before, after)))
    return claim.model_copy(update={"other_photos": beyond})


def _by_seed(
    results: Iterable[TrialResult], which: Literal["photo_scores", "vault_scores"]
) -> ScoresOfPhotos:
    """Trials without such scores are left out."""
    found = {result.trial.seed: getattr(result, which) for result in results}
    return {seed: scores for seed, scores in found.items() if scores}


def _beyond(
    claim: Comparison, above: float, before: ScoresOfPhotos, after: ScoresOfPhotos
) -> OtherPhotos | None:
    """None where the claim has no interval, a seed no scores of photos, or photos are too few."""
    if claim.low is None or claim.high is None or not claim.seeds:
        return None
    if not set(claim.seeds) <= before.keys() & after.keys():
        return None
    old, new = (np.array([side[seed] for seed in claim.seeds]) for side in (before, after))
    gains = old - new
    down = _margin(gains, claim.gain - claim.low, claim.confidence)
    up = _margin(gains, claim.high - claim.gain, above)
    if down is None or up is None:
        return None
    gain = float(gains.mean())
    return OtherPhotos(
        before=float(old.mean()),
        after=float(new.mean()),
        gain=gain,
        low=gain - down,
        high=gain + up,
        photos=old.shape[1],
        worse_on=int((gains.mean(axis=0) < 0).sum()),
    )


def _margin(gains: NDArray[np.float64], of_seeds: float, confidence: float) -> float | None:
    """One side of the interval; on other photos than those of the claim its seeds scatter more."""
    seeds_margin = paired_margin(gains.mean(axis=1).tolist(), confidence) or 0.0
    return crossed_margin(gains, max(seeds_margin, of_seeds), confidence)


def crossed_margin(
    gains: NDArray[np.float64], seeds_margin: float, confidence: float
) -> float | None:
    """Half the width of the interval of a gain, where seeds and photos are both random.

    Args:
        gains: (S, P), of each seed on each photo.
        seeds_margin: Half the width of the interval that knows the seeds alone.
        confidence: Coverage of the interval, in (0, 1).

    Returns:
        At least `seeds_margin`; None with fewer than three photos.
    """
    photos_margin = paired_margin(gains.mean(axis=0).tolist(), confidence)
    return None if photos_margin is None else hypot(seeds_margin, photos_margin)
