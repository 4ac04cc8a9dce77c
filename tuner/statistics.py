"""What differences between noisy trainings are worth: noise, intervals, verdicts.

A score is modeled as *weights + seed + noise*. Trials of one stage share their seeds, so
the seed's share cancels in a paired difference and only the noise is left. Its standard
deviation is pooled over all sets of weights that were trained on more than one seed: the
residual of the additive two-way layout, see Box, Hunter and Hunter, *Statistics for
Experimenters*, chapter 4. Intervals are Student's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt

import numpy as np
from scipy.special import ndtri, stdtrit

from tuner.results import Comparison, Noise, TrialResult, Verdict

STAGE_CONFIDENCE = 0.8
"""A stage screens, and what it lets through is confirmed on fresh seeds; demanding more here
costs gain without making the claim any truer."""

CLAIM_CONFIDENCE = 0.95

FEWEST_PAIRS = 3
"""From so many seeds on, an interval of differences alone is worth anything."""

Scores = Mapping[int, float]
"""Score by seed."""

Weights = tuple[tuple[str, float], ...]


def weights_key(weights: Mapping[str, float]) -> Weights:
    """Weights as something to look things up by."""
    return tuple(sorted(weights.items()))


def scores_by_weights(results: Iterable[TrialResult]) -> dict[Weights, dict[int, float]]:
    """Scores by weights and seed of a study's own trials; what has no score is left out."""
    table: dict[Weights, dict[int, float]] = {}
    for result in results:
        if result.score is not None and not result.trial.rival:
            row = table.setdefault(weights_key(result.trial.weights), {})
            row[result.trial.seed] = result.score
    return table


def scores_by_seed(results: Iterable[TrialResult], *, rejected: bool = False) -> dict[int, float]:
    """Scores of one set of weights.

    Args:
        rejected: Whether scores of rejected trials count: the incumbent may be ill.
    """
    return {
        result.trial.seed: result.score
        for result in results
        if result.score is not None and (rejected or result.status == "complete")
    }


def measure_noise(baseline: Mapping[str, float], results: Iterable[TrialResult]) -> Noise | None:
    """The noise of one training, pooled over everything that was repeated.

    Before anything but the baseline was repeated, the spread between its seeds stands in:
    it holds the seed's share too, so it errs on the side of caution.

    Returns:
        None where nothing was trained on two seeds.
    """
    table = scores_by_weights(results)
    spread = _spread(table.get(weights_key(baseline), {}))
    repeated = {key: row for key, row in table.items() if len(row) > 1}
    squares, degrees = _residual(repeated)
    if degrees > 0:
        return Noise(sd=sqrt(squares / degrees), degrees=degrees, spread=spread or 0.0)
    if spread is not None:
        degrees = len(table[weights_key(baseline)]) - 1
        return Noise(sd=spread, degrees=degrees, spread=spread, paired=False)
    return None


def compare(
    before: Scores, after: Scores, noise: Noise | None, confidence: float, *, strict: bool = False
) -> Comparison:
    """Compares two sets of weights on the seeds they share.

    Args:
        before: Scores of the first set by seed; at least one seed is shared.
        after: Scores of the second set.
        noise: Of a single training; None gives no interval, hence `no difference`.
        confidence: Coverage of the interval, in (0, 1).
        strict: Takes the wider of two intervals: of the pooled noise, and of these differences
            alone. Some weights make trainings scatter more than the study's others.
    """
    seeds = tuple(sorted(before.keys() & after.keys()))
    assert seeds, "nothing to compare"
    first = float(np.mean([before[seed] for seed in seeds]))
    second = float(np.mean([after[seed] for seed in seeds]))
    gains = [before[seed] - after[seed] for seed in seeds]
    gain = float(np.mean(gains))
    margin = None if noise is None else visible_gain(noise, len(seeds), confidence)
    if strict and margin is not None:
        margin = max(margin, paired_margin(gains, confidence) or 0.0)
    return Comparison(
        before=first,
        after=second,
        gain=gain,
        low=None if margin is None else gain - margin,
        high=None if margin is None else gain + margin,
        confidence=confidence,
        seeds=seeds,
        verdict=verdict_of(gain, margin),
    )


def verdict_of(gain: float, margin: float | None) -> Verdict:
    """Whether a gain can be told from none; a margin that is not known tells nothing."""
    if margin is None or abs(gain) <= margin:
        return "no difference"
    return "better" if gain > 0 else "worse"


def paired_margin(gains: Sequence[float], confidence: float) -> float | None:
    """Student's margin of paired differences; None below three pairs, where it is useless.

    Args:
        gains: One difference for each seed.
        confidence: Coverage of the interval, in (0, 1).
    """
    if len(gains) < FEWEST_PAIRS:
        return None
    quantile = _student_quantile(len(gains) - 1, confidence)
    return quantile * float(np.std(gains, ddof=1)) / sqrt(len(gains))


def visible_gain(noise: Noise, pairs: int, confidence: float) -> float:
    """The smallest gain that can be told from noise.

    Args:
        noise: Of a single training.
        pairs: Seeds on which both sets of weights are trained.
        confidence: Coverage of the interval, in (0, 1).
    """
    return _student_quantile(noise.degrees, confidence) * noise.sd * sqrt(2 / pairs)


def normal_quantile(confidence: float) -> float:
    """Standard deviations on either side of the mean that hold a share of a normal distribution."""
    return float(ndtri(0.5 + confidence / 2))


def no_change(scores: Scores, confidence: float) -> Comparison:
    """The comparison of weights with themselves: no gain, and certainly so."""
    mean = float(np.mean(list(scores.values())))
    return Comparison(
        before=mean, after=mean, gain=0.0, low=0.0, high=0.0,
        confidence=confidence, seeds=(), verdict="no difference",
    )  # fmt: skip


def _student_quantile(degrees: int, confidence: float) -> float:
    """Standard errors on either side of the mean that hold a share of Student's distribution."""
    return float(stdtrit(degrees, 0.5 + confidence / 2))


def _spread(row: Scores) -> float | None:
    return float(np.std(list(row.values()), ddof=1)) if len(row) > 1 else None


def _residual(table: Mapping[Weights, Scores]) -> tuple[float, int]:
    """Residual sum of squares of *weights + seed*, and its degrees of freedom."""
    seeds = sorted({seed for row in table.values() for seed in row})
    cells = [(i, seeds.index(s), y) for i, row in enumerate(table.values()) for s, y in row.items()]
    if not cells:
        return 0.0, 0
    design = np.zeros((len(cells), len(table) + len(seeds)))
    for line, (which, seed, _) in enumerate(cells):
        design[line, which] = design[line, len(table) + seed] = 1.0
    scores = np.array([y for _, _, y in cells])
    solution, _, rank, _ = np.linalg.lstsq(design, scores, rcond=None)
    residual = scores - design @ solution
    return float(residual @ residual), len(cells) - int(rank)
