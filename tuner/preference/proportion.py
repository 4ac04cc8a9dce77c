"""The interval of a share of answers, where several answers are about one photo.

Answers to one photo are alike, so that twenty of them on six photos tell less than twenty on
twenty. The interval is the exact one of Clopper and Pearson for a smaller number of answers: the
effective one, by the variance between photos, reduced further for the few photos from which that
variance is known (E. Korn and B. Graubard, "Confidence intervals for proportions with small
expected number of positive counts estimated from survey data", Survey Methodology 24, 1998).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import betaincinv

from tuner.results import FEWEST_PHOTOS, Proportion
from tuner.results.statistics import normal_quantile, student_quantile


def proportion_of(values: Sequence[float], photos: Sequence[int], confidence: float) -> Proportion:
    """The mean of answers, with an interval for other photos of the kind.

    Args:
        values: 1, 0, or one half for an answer between them; at least one.
        photos: For each answer the photo that it is about.
        confidence: Coverage of the interval, in (0, 1).
    """
    answers, number = np.asarray(values, np.float64), len(set(photos))
    share = float(answers.mean())
    size = _effective_size(answers, photos, number, confidence)
    tail = (1 - confidence) / 2
    counted = share * size
    low = float(betaincinv(counted, size - counted + 1, tail)) if share > 0 else 0.0
    high = float(betaincinv(counted + 1, size - counted, 1 - tail)) if share < 1 else 1.0
    return Proportion(value=share, low=low, high=high, answers=len(answers), photos=number)


def _effective_size(
    answers: np.ndarray, photos: Sequence[int], number: int, confidence: float
) -> float:
    """How many independent answers tell as much."""
    share, size = float(answers.mean()), float(len(answers))
    alone = share * (1 - share) / size
    if number > 1 and alone > 0:
        _, owner = np.unique(photos, return_inverse=True)
        beyond = np.bincount(owner, answers - share)
        between = number / (number - 1) * float(beyond @ beyond) / size**2
        size /= max(1.0, between / alone)
    if number < FEWEST_PHOTOS:
        size = min(size, number)
    quantile = student_quantile(max(1, number - 1), confidence)
    return size * (normal_quantile(confidence) / quantile) ** 2
