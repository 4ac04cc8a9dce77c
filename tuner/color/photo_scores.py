"""What each photo says the score of a set is, so that the photos' own scatter can be measured.

The score is no mean over photos: its unit is the gray photos', and the cast is one of the whole
set. So each photo is left out once, and the change tells what it contributes (the jackknife's
pseudo-values: B. Efron and C. Stein, "The jackknife estimate of variance", Annals of Statistics 9,
1981; with groups of unequal size: F. Busing, E. Meijer and R. van der Leeden, "Delete-m jackknife
for unequal m", Statistics and Computing 9, 1999). Of a plain mean they are the photos' own values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

FEWEST = 2
"""Photos; of one alone nothing can be left out."""


def photo_scores(score_of: Callable[[Tensor], float], photos: Sequence[int]) -> tuple[float, ...]:
    """What each photo says the score is; their mean is the score.

    Args:
        score_of: The score of some squares, by their indices, (K,) of int64.
        photos: For each square the photo that it was cut out of, counted from 0.

    Returns:
        One number for each photo, in the unit of the score; nothing where there is only one photo.
    """
    owner = torch.tensor(photos)
    number = len(set(photos))
    if number < FEWEST:
        return ()
    whole = score_of(torch.arange(len(owner)))
    shares = [(owner == photo).double().mean().item() for photo in range(number)]
    changes = [
        number * (1 - share) * (whole - score_of(torch.nonzero(owner != photo).flatten()))
        for photo, share in enumerate(shares)
    ]
    # A score that is no mean leaves a small rest, which belongs to no photo.
    rest = sum(changes) / number
    return tuple(whole + change - rest for change in changes)
