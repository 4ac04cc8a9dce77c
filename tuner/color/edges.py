"""Whether colors change where the photo's colors change, or beside it: displaced, or smeared.

The steps of (a, b) from pixel to pixel are explained by those of the photo with a 2x2 matrix, once
by the photo as it is, and once by the photo moved by every distance up to a sixteenth of the side,
and smeared by Gaussians. Colors that are the photo's, recolored by any matrix, are explained best
by the photo as it is, so where something else explains them better they left their edges.

With X = sum over places of step_p step_t' and S = sum of step_t step_t', least squares explain
trace(X S^-1 X') of the squared steps. All X come from one product of Fourier transforms.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

REACH = 1 / 16
"""How far colors are looked for, as a share of the shorter side; one pixel at least."""

SMEARS = (1 / 128, 1 / 64, 1 / 32)
"""Standard deviations of the Gaussians, as shares of the shorter side."""

_RIDGE, _FLOOR = 1e-6, 1e-3  # a share, and squared Lab units: for photos of one hue, or of none


def edge_likeness(prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """How much of a prediction's color steps the photo explains.

    Args:
        prediction: (B, 2, H, W): a and b in Lab units.
        target: The same shape.

    Returns:
        Root of the squared steps that the photo explains as it is, and the most that it explains
        as it is, moved or smeared, (B,) each, in Lab units: the second is not smaller.
    """
    size, shorter = target.shape[-2:], min(target.shape[-2:])
    steps_p, steps_t = _spectrum(prediction), _spectrum(target)
    # A pair of frequencies that are each other's mirror is stored once, and counts twice.
    twice = torch.full((size[1] // 2 + 1,), 2.0, device=target.device)
    twice[0] = 1
    if size[1] % 2 == 0:
        twice[-1] = 1
    across, within = (_products(steps, steps_t) * twice for steps in (steps_p, steps_t))
    whole = within.real.sum((-2, -1))
    moved = _explained(_at_distances(across, size, max(1, round(REACH * shorter))), whole)
    kept = [_gaussian(size, smear * shorter, target.device).flatten() for smear in SMEARS]
    once = across.real.flatten(-2) @ torch.stack(kept, dim=1)
    twofold = within.real.flatten(-2) @ torch.stack(kept, dim=1).square()
    found = [moved.amax(1)]
    for number in range(len(SMEARS)):
        smeared = _explained(once[..., number : number + 1], twofold[..., number])
        found.append(smeared[:, 0])
    unit = math.prod(size)  # squares of a transform are so many times the squares of places
    return moved[:, moved.shape[1] // 2] / unit, torch.stack(found).amax(0) / unit


def _spectrum(ab: Tensor) -> Tensor:
    """Of the steps down and across, (B, 2, 2, H, W // 2 + 1)."""
    corner = ab[..., :-1, :-1]
    steps = torch.stack((ab[..., 1:, :-1] - corner, ab[..., :-1, 1:] - corner), dim=2)
    spectrum: Tensor = torch.fft.rfft2(steps, s=ab.shape[-2:])
    return spectrum


def _products(first: Tensor, second: Tensor) -> Tensor:
    """Of each channel with each, both directions together: (B, 2, 2, H, W // 2 + 1)."""
    channels = [(first[:, p] * second[:, t].conj()).sum(1) for p in (0, 1) for t in (0, 1)]
    return torch.stack(channels, dim=1).reshape(-1, 2, 2, *first.shape[-2:])


def _at_distances(product: Tensor, size: torch.Size, reach: int) -> Tensor:
    """X for all distances up to `reach` both ways: (B, 2, 2, D), the middle one without any."""
    distances = torch.arange(-reach, reach + 1, device=product.device)
    down = torch.fft.fftfreq(size[0], device=product.device)
    across = torch.fft.rfftfreq(size[1], device=product.device)
    rows, columns = (
        torch.exp(2j * torch.pi * distances[:, None] * frequencies).to(product.dtype)
        for frequencies in (down, across)
    )
    return (rows @ (product @ columns.T)).real.flatten(-2)


def _gaussian(size: torch.Size, sd: float, device: torch.device) -> Tensor:
    """What a Gaussian leaves of each frequency: (H, W // 2 + 1)."""
    down = torch.fft.fftfreq(size[0], device=device)[:, None]
    across = torch.fft.rfftfreq(size[1], device=device)
    return torch.exp(-2 * (torch.pi * sd) ** 2 * (down**2 + across**2))


def _explained(across: Tensor, within: Tensor) -> Tensor:
    """Root of trace(X S^-1 X'), (B, D), of X (B, 2, 2, D) and S (B, 2, 2)."""
    ridge = _RIDGE * within.diagonal(dim1=-2, dim2=-1).sum(-1) + _FLOOR
    inverse = torch.linalg.inv(within + ridge[:, None, None] * torch.eye(2, device=within.device))
    return torch.einsum("bptd,btu,bpud->bd", across, inverse, across).clamp(min=0).sqrt()
