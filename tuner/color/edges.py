"""Measures whether colors change at the photo's edges, or beside them: displaced or smeared.

The steps of (a, b) from pixel to pixel are regressed on those of the photo with a 2x2 matrix: on
the photo as it is, on the photo shifted by every distance up to a sixteenth of the side, and on the
photo smeared by Gaussians. The photo as it is fits best for all colors that are the photo's colors
times a matrix. Where another one fits better, the colors have left their edges.

With X = sum over places of step_p step_t' and S = sum of step_t step_t', least squares explain
trace(X S^-1 X') of the squared steps. All X come from one product of Fourier transforms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

REACH = 1 / 16
"""The largest shift, as a share of the shorter side; at least one pixel."""

SMEARS = (1 / 128, 1 / 64, 1 / 32)
"""Standard deviations of the Gaussians, as shares of the shorter side."""

_RIDGE, _FLOOR = 1e-6, 1e-3  # a share, and squared Lab units: for photos of one hue, or of none


@dataclass(frozen=True)
class Edges:
    """What the regression needs of photos, computed once for all predictions.

    Attributes:
        steps: The transforms of their steps, (B, 2, 2, H, W // 2 + 1).
        within: S of the photos as they are, (B, 2, 2).
        smeared: S of the smeared photos, (B, 2, 2, smears).
    """

    steps: Tensor
    within: Tensor
    smeared: Tensor

    @classmethod
    def of(cls, ab: Tensor) -> Edges:
        """Of photos (B, 2, H, W), a and b in Lab units."""
        steps, size = _spectrum(ab), ab.shape[-2:]
        within = (_products(steps, steps) * _weights(size, ab.device)).real
        smeared = within.flatten(-2) @ _smears(size, ab.device).square()
        return cls(steps, within.sum((-2, -1)), smeared)


def edge_likeness(prediction: Tensor, target: Edges) -> tuple[Tensor, Tensor]:
    """How much of a prediction's color steps the photo explains (the fitted part of a regression).

    Args:
        prediction: (B, 2, H, W): a and b in Lab units.
        target: Of photos of the same shape.

    Returns:
        Root of the squared steps that the photo explains as it is, and the largest such value over
        all shifts and smears, this one included, (B,) each, in Lab units.
    """
    size, device = prediction.shape[-2:], prediction.device
    across = _products(_spectrum(prediction), target.steps) * _weights(size, device)
    distances = _at_distances(across, size, max(1, round(REACH * min(size))))
    moved = _explained(distances, target.within)
    once = across.real.flatten(-2) @ _smears(size, device)
    found = [moved.amax(1)]
    for number in range(len(SMEARS)):
        smeared = _explained(once[..., number : number + 1], target.smeared[..., number])
        found.append(smeared[:, 0])
    unit = math.prod(size)  # Parseval: sums of squares are this factor larger in the transform
    return moved[:, moved.shape[1] // 2] / unit, torch.stack(found).amax(0) / unit


def _spectrum(ab: Tensor) -> Tensor:
    """The transforms of the vertical and horizontal steps, (B, 2, 2, H, W // 2 + 1)."""
    corner = ab[..., :-1, :-1]
    steps = torch.stack((ab[..., 1:, :-1] - corner, ab[..., :-1, 1:] - corner), dim=2)
    spectrum: Tensor = torch.fft.rfft2(steps, s=ab.shape[-2:])
    return spectrum


def _products(first: Tensor, second: Tensor) -> Tensor:
    """Products of all pairs of channels, summed over directions: (B, 2, 2, H, W // 2 + 1)."""
    channels = [(first[:, p] * second[:, t].conj()).sum(1) for p in (0, 1) for t in (0, 1)]
    return torch.stack(channels, dim=1).reshape(-1, 2, 2, *first.shape[-2:])


def _at_distances(product: Tensor, size: torch.Size, reach: int) -> Tensor:
    """X for all shifts up to `reach` in both directions: (B, 2, 2, D); the middle one is 0."""
    distances = torch.arange(-reach, reach + 1, device=product.device)
    down = torch.fft.fftfreq(size[0], device=product.device)
    across = torch.fft.rfftfreq(size[1], device=product.device)
    rows, columns = (
        torch.exp(2j * torch.pi * distances[:, None] * frequencies).to(product.dtype)
        for frequencies in (down, across)
    )
    return (rows @ (product @ columns.T)).real.flatten(-2)


def _weights(size: torch.Size, device: torch.device) -> Tensor:
    """How often each frequency counts: rfft stores only one of two conjugate ones."""
    twice = torch.full((size[1] // 2 + 1,), 2.0, device=device)
    twice[0] = 1
    if size[1] % 2 == 0:
        twice[-1] = 1
    return twice


def _smears(size: torch.Size, device: torch.device) -> Tensor:
    """The transfer functions of all Gaussians: (H * (W // 2 + 1), smears)."""
    kept = [_gaussian(size, smear * min(size), device).flatten() for smear in SMEARS]
    return torch.stack(kept, dim=1)


def _gaussian(size: torch.Size, sd: float, device: torch.device) -> Tensor:
    """The transfer function of a Gaussian: (H, W // 2 + 1)."""
    down = torch.fft.fftfreq(size[0], device=device)[:, None]
    across = torch.fft.rfftfreq(size[1], device=device)
    return torch.exp(-2 * (torch.pi * sd) ** 2 * (down**2 + across**2))


def _explained(across: Tensor, within: Tensor) -> Tensor:
    """Square root of trace(X S^-1 X'), (B, D), for X (B, 2, 2, D) and S (B, 2, 2)."""
    ridge = _RIDGE * within.diagonal(dim1=-2, dim2=-1).sum(-1) + _FLOOR
    inverse = torch.linalg.inv(within + ridge[:, None, None] * torch.eye(2, device=within.device))
    return torch.einsum("bptd,btu,bpud->bd", across, inverse, across).clamp(min=0).sqrt()
