"""Converts between sRGB and CIE Lab: exact, in 32 bits, with finite gradients everywhere.

The constants are those of scikit-image and kornia (sRGB by IEC 61966-2-1, D65, 2 degree
observer), so results can be compared with theirs. They are plain Python numbers in elementwise
operations: nothing is copied to the device, nothing waits for it, and all functions work under
`torch.func.vmap`.

Lab units: L 0..100; a and b within -86..98 and -108..94 for colors that sRGB can show.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_TO_XYZ = (  # rows X, Y, Z; columns linear R, G, B
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
_TO_RGB = (  # its inverse
    (3.2404813432005266, -1.5371515162713185, -0.4985363261688878),
    (-0.9692549499965685, 1.8759900014898907, 0.04155592655829284),
    (0.05564663913517716, -0.20404133836651123, 1.0573110696453443),
)
_WHITE = (0.95047, 1.0, 1.08883)


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """Lab of sRGB colors.

    Formula: CIE 15:2018 (Lab), IEC 61966-2-1 (sRGB). Half precision is raised to 32 bits and
    autocast is off inside: in bfloat16 the result would be wrong by up to 3 units.

    Args:
        rgb: (..., 3, H, W), sRGB in [0, 1]. Values slightly outside, as from a network without a
            final sigmoid, continue the curve: its line below 0, its power above 1.

    Returns:
        (..., 3, H, W): L, a, b. Gradients are finite for every finite color, black included.
    """
    with _full_precision(rgb):
        red, green, blue = _LINEAR(_at_least_32_bits(rgb)).unbind(-3)
        ratios = [
            _mixture(red, green, blue, row, 1 / white)
            for row, white in zip(_TO_XYZ, _WHITE, strict=True)
        ]
        x, y, z = _CUBE_ROOT(torch.stack(ratios, dim=-3)).unbind(-3)
        return torch.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), dim=-3)


def lab_to_rgb(lab: Tensor) -> Tensor:
    """The sRGB colors of Lab colors, the inverse of `rgb_to_lab`.

    Args:
        lab: (..., 3, H, W): L 0..100, a, b.

    Returns:
        (..., 3, H, W). Not clipped: colors outside sRGB leave [0, 1]; clamp them before showing or
        scoring. Gradients are finite.
    """
    with _full_precision(lab):
        lightness, a, b = _at_least_32_bits(lab).unbind(-3)
        y = (lightness + 16) / 116
        x, y, z = (
            _cube(f) * white for f, white in zip((y + a / 500, y, y - b / 200), _WHITE, strict=True)
        )
        linear = torch.stack([_mixture(x, y, z, row) for row in _TO_RGB], dim=-3)
        return _ENCODED(linear)


def gray_of(rgb: Tensor) -> Tensor:
    """The photo without color: the same luminance, hence the same L, in three equal channels.

    Args:
        rgb: (..., 3, H, W), sRGB in [0, 1].

    Returns:
        (..., 3, H, W), sRGB in [0, 1].
    """
    with _full_precision(rgb):
        red, green, blue = _LINEAR(_at_least_32_bits(rgb)).unbind(-3)
        luminance = _mixture(red, green, blue, _TO_XYZ[1])
        gray = _ENCODED(luminance)
        return torch.stack((gray, gray, gray), dim=-3)


def chroma(ab: Tensor, softness: float = 0.0) -> Tensor:
    """Chroma C = sqrt(a^2 + b^2 + softness^2).

    Args:
        ab: (..., 2, H, W), Lab units.
        softness: Lab units. Above 0 the curve is smooth at gray; at 0 gray has chroma 0 and
            the gradient there is 0, not NaN.

    Returns:
        (..., H, W), Lab units.
    """
    a, b = ab.unbind(-3)
    squared = a * a + b * b + softness**2
    if softness > 0:
        return torch.sqrt(squared)
    colored = squared > 0
    return torch.sqrt(torch.where(colored, squared, 1.0)) * colored


def _full_precision(colors: Tensor) -> torch.autocast:
    return torch.autocast(colors.device.type, enabled=False)


def _at_least_32_bits(colors: Tensor) -> Tensor:
    return colors.to(torch.promote_types(colors.dtype, torch.float32))


def _mixture(
    first: Tensor, second: Tensor, third: Tensor, row: tuple[float, ...], scale: float = 1.0
) -> Tensor:
    mixed = torch.add(first * (row[0] * scale), second, alpha=row[1] * scale)
    return torch.add(mixed, third, alpha=row[2] * scale)


@dataclass(frozen=True)
class _Curve:
    """`slope * x + intercept` up to `start`, `gain * (x + shift) ** exponent + rest` beyond.

    `rest` makes the curve continuous; with the published constants it has a small step.
    """

    start: float
    slope: float
    intercept: float
    gain: float
    shift: float
    exponent: float

    def __call__(self, x: Tensor) -> Tensor:
        # relu, log and exp take half the time of where and **, and never divide by zero.
        beyond = torch.relu(x - self.start)
        power = torch.exp(torch.log(beyond + (self.start + self.shift)) * self.exponent)
        meeting = self.intercept - self.gain * (self.start + self.shift) ** self.exponent
        return torch.add((x - beyond) * self.slope, power, alpha=self.gain).add(meeting)


_LINEAR = _Curve(0.04045, 1 / 12.92, 0.0, 1.055**-2.4, 0.055, 2.4)
_ENCODED = _Curve(0.0031308, 12.92, 0.0, 1.055, 0.0, 1 / 2.4)
_CUBE_ROOT = _Curve(0.008856, 7.787, 16 / 116, 1.0, 0.0, 1 / 3)


def _cube(root: Tensor) -> Tensor:
    """Inverse of `_CUBE_ROOT`."""
    cube = root * root * root
    line = (root - _CUBE_ROOT.intercept) / _CUBE_ROOT.slope
    return torch.where(cube > _CUBE_ROOT.start, cube, line)
