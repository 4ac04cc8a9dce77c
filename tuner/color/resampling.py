"""Bootstrap intervals of the numbers of a set of photos.

Efron and Tibshirani, "An Introduction to the Bootstrap", 1993: as many photos as there are are
drawn with replacement; the middle 95 % of the results of all draws is the interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch

from tuner.color.measures import Reading, measures

DRAWS = 500
CONFIDENCE = 0.95


def draws(reading: Reading, times: int = DRAWS, seed: int = 0) -> Iterator[dict[str, float]]:
    """The measures of sets drawn from the photos of a reading; equal seeds draw equal sets."""
    random = torch.Generator().manual_seed(seed)
    photos = len(reading.color.mean_target)
    for _ in range(times):
        yield measures(reading.part(torch.randint(photos, (photos,), generator=random)))


def intervals(drawn: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, float]]:
    """Lower and upper end of each number, by name."""
    ends = (50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE))
    found = {}
    for name in drawn[0]:
        low, high = np.percentile([each[name] for each in drawn], ends)
        found[name] = (float(low), float(high))
    return found
