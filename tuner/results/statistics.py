"""Compares noisy trainings: noise, intervals, verdicts.

A score is modeled as *weights + seed + noise*. Trials of one stage have the same seeds, so the
effect of the seed cancels in a paired difference and only the noise is left. Its standard
deviation is pooled over all sets of weights that were trained on more than one seed: the
residual of the additive two-way layout, see Box, Hunter and Hunter, *Statistics for
Experimenters*, chapter 4. Intervals are those of Student's t.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import atanh, sqrt, tanh

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from tuner.results import Comparison, Noise, TrialResult, Verdict

STAGE_CONFIDENCE = 0.8
"""Coverage of the intervals of a stage. A stage only screens: its choice is confirmed on fresh
seeds, so a higher confidence here loses gain and does not make the claim more certain."""

CLAIM_CONFIDENCE = 0.95

FEWEST_PAIRS = 3
"""The fewest seeds for which an interval is computed from the differences alone."""

Scores = Mapping[int, float]
"""Score by seed."""

CERTAIN = 1 - 1e-9
"""Largest rank correlation whose interval can be computed."""

Weights = tuple[tuple[str, float], ...]


def weights_key(weights: Mapping[str, float]) -> Weights:
    """Weights as a key of a dict."""
    return tuple(sorted(weights.items()))


def scores_by_weights(results: Iterable[TrialResult]) -> dict[Weights, dict[int, float]]:
    """Scores of a study's own trials, by weights and seed; trials without a score are left out."""
    table: dict[Weights, dict[int, float]] = {}
    for result in results:
        if result.score is not None and not result.trial.rival:
            row = table.setdefault(weights_key(result.trial.weights), {})
            row[result.trial.seed] = result.score
    return table


def scores_by_seed(results: Iterable[TrialResult], *, rejected: bool = False) -> dict[int, float]:
    """Scores of one set of weights.

    Args:
        rejected: Whether scores of rejected trials count. Those of the present weights do: they
            are compared with even where a guardrail rejects them.
    """
    return {
        result.trial.seed: result.score
        for result in results
        if result.score is not None and (rejected or result.status == "complete")
    }


def measure_noise(baseline: Mapping[str, float], results: Iterable[TrialResult]) -> Noise | None:
    """The noise of one training, pooled over all weights that were trained on several seeds.

    As long as only the baseline is repeated, the spread between its seeds is used instead. It
    contains the effect of the seed as well, so it is too large rather than too small.

    Returns:
        The noise; None where nothing was trained on two seeds.
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
    """Compares two sets of weights on the seeds that both were trained on.

    Args:
        before: Scores of the first set by seed; at least one seed is in both sets.
        after: Scores of the second set by seed.
        noise: Noise of a single training; None gives no interval, hence `no difference`.
        confidence: Coverage of the interval, in (0, 1).
        strict: Takes the wider of two intervals: one from the pooled noise, one from these
            differences alone. Trainings with some weights scatter more than with others.
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
    """Whether a gain is larger than its margin; `no difference` where the margin is not known."""
    if margin is None or abs(gain) <= margin:
        return "no difference"
    return "better" if gain > 0 else "worse"


def verdict_between(low: float | None, high: float | None) -> Verdict:
    """Whether an interval of a gain, whose ends need not be equally far, leaves out 0."""
    if low is None or high is None or low <= 0 <= high:
        return "no difference"
    return "better" if low > 0 else "worse"


def within(comparison: Comparison, margin: float) -> bool:
    """Whether the whole interval lies within a margin around 0: a difference that does not count.

    Two one-sided tests, as in Schuirmann (1987), *Journal of Pharmacokinetics and
    Biopharmaceutics* 15.
    """
    low, high = comparison.low, comparison.high
    return low is not None and high is not None and -margin <= low and high <= margin and margin > 0


def paired_margin(gains: Sequence[float], confidence: float) -> float | None:
    """Student's margin of paired differences; None below three pairs, where it is far too wide.

    Args:
        gains: The difference on each seed.
        confidence: Coverage of the interval, in (0, 1).
    """
    if len(gains) < FEWEST_PAIRS:
        return None
    quantile = student_quantile(len(gains) - 1, confidence)
    return quantile * float(np.std(gains, ddof=1)) / sqrt(len(gains))


def visible_gain(noise: Noise, pairs: int, confidence: float) -> float:
    """The smallest gain that can be distinguished from noise.

    Args:
        noise: Noise of a single training.
        pairs: Number of seeds on which both sets of weights are trained.
        confidence: Coverage of the interval, in (0, 1).
    """
    return student_quantile(noise.degrees, confidence) * noise.sd * sqrt(2 / pairs)


def normal_quantile(confidence: float) -> float:
    """How many standard deviations around the mean contain this share of a normal distribution."""
    return float(ndtri(0.5 + confidence / 2))


def student_quantile(degrees: float, confidence: float) -> float:
    """How many standard errors around the mean contain this share of Student's distribution."""
    return float(stdtrit(degrees, 0.5 + confidence / 2))


def no_change(scores: Scores, confidence: float) -> Comparison:
    """The comparison of weights with themselves: a gain of exactly 0."""
    mean = float(np.mean(list(scores.values())))
    return Comparison(
        before=mean, after=mean, gain=0.0, low=0.0, high=0.0,
        confidence=confidence, seeds=(), verdict="no difference",
    )  # fmt: skip


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


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's rank correlation with its interval, all in [-1, 1].

    Attributes:
        trials: Number of pairs.
    """

    value: float
    low: float
    high: float
    trials: int


def rank_correlation(
    first: Sequence[float], second: Sequence[float], confidence: float
) -> RankCorrelation | None:
    """How well two rankings agree; ties get their mean rank.

    The interval is Fisher's, with the variance (1 + r^2 / 2) / (n - 3) of D. Bonett and T. Wright,
    "Sample size requirements for estimating Pearson, Kendall and Spearman correlations",
    Psychometrika 65, 2000.

    Args:
        first: Four values or more.
        second: As many.
        confidence: Coverage of the interval, in (0, 1).

    Returns:
        None where all values of one side are equal.
    """
    one, other = (_ranks(np.asarray(side)) for side in (first, second))
    if not one.std() or not other.std():
        return None
    value = float(np.clip(np.corrcoef(one, other)[0, 1], -CERTAIN, CERTAIN))
    margin = normal_quantile(confidence) * sqrt((1 + value**2 / 2) / (len(first) - 3))
    middle = atanh(value)
    return RankCorrelation(value, tanh(middle - margin), tanh(middle + margin), len(first))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 1; equal values share the mean of their ranks."""
    _, which, often = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(often) - (often - 1) / 2)[which], np.float64)
