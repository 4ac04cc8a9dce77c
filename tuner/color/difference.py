"""CIEDE2000: how different two colors look."""

from __future__ import annotations

import torch
from torch import Tensor

_KNEE = 25.0**7
_HALF_TURN, _FULL_TURN = 180, 360
_DEGREES = _HALF_TURN / torch.pi


def ciede2000(first: Tensor, second: Tensor) -> Tensor:
    """Color difference dE00, with k_L = k_C = k_H = 1; 1 is just noticeable.

    Formula: Sharma, Wu, Dalal, "The CIEDE2000 Color-Difference Formula", 2005,
    https://doi.org/10.1002/col.20070. Symmetric; 0 for equal colors.

    Args:
        first: (..., 3, H, W), Lab units.
        second: The same shape.

    Returns:
        (..., H, W).
    """
    (l1, a1, b1), (l2, a2, b2) = first.unbind(-3), second.unbind(-3)
    stretch = 1.5 - 0.5 * _knee((torch.hypot(a1, b1) + torch.hypot(a2, b2)) / 2)
    c1, c2 = torch.hypot(stretch * a1, b1), torch.hypot(stretch * a2, b2)
    h1, h2 = _hue(stretch * a1, b1), _hue(stretch * a2, b2)
    turn, middle = _hue_step(h1, h2, c1 * c2 == 0)
    lightness, mean_c = (l1 + l2) / 2 - 50, (c1 + c2) / 2

    part_l = (l2 - l1) / (1 + 0.015 * lightness**2 / torch.sqrt(20 + lightness**2))
    part_c = (c2 - c1) / (1 + 0.045 * mean_c)
    big_h = 2 * torch.sqrt(c1 * c2) * _sin(turn / 2)
    part_h = big_h / (1 + 0.015 * mean_c * _hue_weight(middle))
    rotation = -2 * _knee(mean_c) * _sin(60 * torch.exp(-(((middle - 275) / 25) ** 2)))
    squared = part_l**2 + part_c**2 + part_h**2 + rotation * part_c * part_h
    return torch.sqrt(squared.clamp(min=0))


def _knee(c: Tensor) -> Tensor:
    return torch.sqrt(c**7 / (c**7 + _KNEE))


def _hue(a: Tensor, b: Tensor) -> Tensor:
    return torch.remainder(torch.atan2(b, a) * _DEGREES, _FULL_TURN)


def _hue_step(h1: Tensor, h2: Tensor, neutral: Tensor) -> tuple[Tensor, Tensor]:
    """From the first hue to the second the short way, and the hue half way; degrees."""
    step = h2 - h1
    far = step.abs() > _HALF_TURN
    turn = torch.where(far, step - _FULL_TURN * step.sign(), step)
    total = h1 + h2
    around = torch.where(total < _FULL_TURN, total + _FULL_TURN, total - _FULL_TURN)
    middle = torch.where(far, around, total) / 2
    return torch.where(neutral, 0.0, turn), torch.where(neutral, total, middle)


def _hue_weight(hue: Tensor) -> Tensor:
    return (
        1
        - 0.17 * _cos(hue - 30)
        + 0.24 * _cos(2 * hue)
        + 0.32 * _cos(3 * hue + 6)
        - 0.20 * _cos(4 * hue - 63)
    )


def _sin(degrees: Tensor) -> Tensor:
    return torch.sin(degrees / _DEGREES)


def _cos(degrees: Tensor) -> Tensor:
    return torch.cos(degrees / _DEGREES)
