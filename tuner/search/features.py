"""The kernel of the response surface as features: a product of two short vectors.

    kernel(a, b) = features(a) . features(b)

A surface through n trials then costs n r^2 for r features, in place of n^3. Slopes, curvatures and
products are features as they are. The free-form part of a curve is a sum of waves (Solin and
Särkkä, *Hilbert Space Methods for Reduced-Rank Gaussian Process Regression*, 2020): within a
segment that reaches `MARGIN` beyond all points it differs from the kernel by less than 1e-9.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import ceil, pi, sqrt

import numpy as np

from tuner.search.kernel import CURVATURE, PRODUCT, REST, REST_REACH, SLOPE, Array

MARGIN = 3.5
"""Length scales; all waves vanish at the ends of a segment, which the kernel does not."""

FASTEST = 7.0
"""Radians per length scale of the fastest wave; faster ones are 1e-10 of the kernel."""


@dataclass(frozen=True)
class Features:
    """Features of points within a box around the start.

    Attributes:
        half: (d,) half lengths of the segments, one for each weight.
    """

    half: Array

    @classmethod
    def around(cls, points: Array) -> Features:
        """The features for (n, d) points and what lies between them and the start."""
        return cls(np.abs(points).max(axis=0) + MARGIN * REST_REACH)

    @property
    def count(self) -> int:
        """Number of features."""
        dimensions = len(self.half)
        pairs = dimensions * (dimensions - 1) // 2
        return 2 * dimensions + sum(map(_waves, self.half)) + pairs

    def of(self, points: Array) -> Array:
        """(m, r) features of (m, d) points where every weight matters by 1."""
        columns = [SLOPE * points, CURVATURE * points**2]
        columns += [
            REST * (_wave(at, half) - _wave(np.zeros(1), half))
            for at, half in zip(points.T, self.half, strict=True)
        ]
        pairs = [points[:, a] * points[:, b] for a, b in self._pairs()]
        products = np.array(pairs).reshape(len(pairs), len(points)).T
        whole: Array = np.hstack([*columns, PRODUCT * products])
        return whole

    def scales(self, matters: Array) -> Array:
        """(r,) factors of the features where weights matter by other amounts."""
        alone = [np.full(_waves(half), m) for m, half in zip(matters, self.half, strict=True)]
        products = [sqrt(matters[a] * matters[b]) for a, b in self._pairs()]
        whole: Array = np.concatenate([matters, matters, *alone, products])
        return whole

    def _pairs(self) -> list[tuple[int, int]]:
        return [*combinations(range(len(self.half)), 2)]


def _waves(half: float) -> int:
    return ceil(FASTEST / REST_REACH * 2 * half / pi)


def _wave(at: Array, half: float) -> Array:
    """(m, w) waves at coordinates, each as high as the kernel has of its frequency."""
    speeds = pi * np.arange(1, _waves(half) + 1) / (2 * half)
    density = sqrt(2 * pi) * REST_REACH * np.exp(-0.5 * (speeds * REST_REACH) ** 2)
    waves: Array = np.sin(np.outer(at + half, speeds)) * np.sqrt(density / half)
    return waves
