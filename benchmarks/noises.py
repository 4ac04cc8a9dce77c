"""What trainings owe to luck, in units of the usual noise: even, growing, with heavy tails.

Each is given a point, coordinates being logarithms of the weights over their start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Luck = Callable[[Array, np.random.Generator], float]


def even(_point: Array, random: np.random.Generator) -> float:
    """Normal, the same everywhere."""
    return float(random.normal())


def growing(point: Array, random: np.random.Generator) -> float:
    """Normal: 0.4 times the usual noise at the start, 1.3 times an e-fold away, 2.5 at most."""
    return min(2.5, 0.4 + 0.9 * float(np.linalg.norm(point))) * float(random.normal())


def heavy(_point: Array, random: np.random.Generator) -> float:
    """Student's with three degrees of freedom, scaled to the usual standard deviation."""
    return float(random.standard_t(3)) / sqrt(3)


LUCKS: Mapping[str, Luck] = {"even": even, "growing": growing, "heavy tails": heavy}
"""By name, as tables have it."""
