"""The kernel of the response surface: a curve for each weight, a product for each two."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SLOPE, CURVATURE, REST, PRODUCT = 1.0, 0.5, 0.3, 0.6
"""Standard deviations of the parts of a curve, relative to how much its weight matters."""

REST_REACH = 0.8
"""Length scale of the free-form part of a curve, in e-folds: a factor of 2.2."""


class KernelParts:
    """The parts of the kernel between two sets of points, independent of how much weights matter.

    Args:
        rows: (n, d) points.
        columns: (m, d) points.
    """

    def __init__(self, rows: Array, columns: Array) -> None:
        self._products, self._curves = parts_of(rows.T[:, :, None], columns.T[:, None, :])

    def covariance(self, matters: Array) -> Array:
        """(rows, columns) of the surface."""
        curves: Array = np.tensordot(matters**2, self._curves, axes=1)
        # All products of two weights at once: (sum)^2 holds each pair twice, and the squares.
        together = np.tensordot(matters, self._products, axes=1) ** 2
        alone = np.tensordot(matters**2, self._products**2, axes=1)
        return curves + PRODUCT**2 * (together - alone) / 2


def parts_of(a: Array, b: Array) -> tuple[Array, Array]:
    """Product and curve of coordinates of one weight, both 0 where a coordinate is."""
    products = a * b
    # The free-form part is 0 at the start, like all other parts.
    bumps = _bump(a - b) - _bump(a) - _bump(b) + 1.0
    return products, SLOPE**2 * products + CURVATURE**2 * products**2 + REST**2 * bumps


def variances(points: Array, matters: Array) -> Array:
    """(m,) the diagonal of the covariance of points with themselves."""
    squares = points**2
    curves = SLOPE**2 * squares + CURVATURE**2 * squares**2 + 2 * REST**2 * (1.0 - _bump(points))
    pairs = PRODUCT**2 * ((squares @ matters) ** 2 - squares**2 @ matters**2) / 2
    return curves @ matters**2 + pairs


def _bump(distance: Array) -> Array:
    return np.exp(-0.5 * (distance / REST_REACH) ** 2)
