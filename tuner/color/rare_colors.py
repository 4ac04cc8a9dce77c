"""How rare colors are in photographs, and the weight of each color that follows from it.

After Zhang, Isola and Efros, "Colorful Image Colorization", 2016, section 2.2
(https://arxiv.org/abs/1603.08511). With the share p of pixels in each of the Q bins of 10 x 10 Lab
units that sRGB reaches, smoothed by a Gaussian of 5 Lab units:

    w = 1 / ((1 - lambda) p + lambda / Q),  lambda = 0.5,  scaled so that sum(p w) = 1

Most pixels are nearly gray. A mean over pixels is therefore an error of gray things; with these
weights an error in a color counts about as much as that color is missing among photos.

The shares come with the package, so that the loss is the same in a study and in the training after
it. `benchmarks/color_prior.py` counted them in 300 photographs (Berkeley Segmentation Data Set 500,
training and validation).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from tuner.color.spaces import rgb_to_lab

BIN = 10.0
"""Side of a bin, Lab units."""

LOWEST = -110.0
"""Where the first bin of a and of b begins, Lab units; sRGB reaches from -108 to 98."""

BINS = 22
SMOOTHING = 5.0
"""Standard deviation of the Gaussian, Lab units."""

UNIFORM = 0.5
"""Share of the uniform distribution, lambda above."""

PRIOR = Path(__file__).with_name("color_prior.json")


def bins_of(ab: Tensor) -> tuple[Tensor, Tensor]:
    """The bins of colors.

    Args:
        ab: (..., 2, H, W), Lab units.

    Returns:
        The bin of a and that of b, (..., H, W) each, 0 to 21; colors beyond count as the outermost.
    """
    a, b = ((ab - LOWEST) / BIN).floor().clamp(0, BINS - 1).long().unbind(-3)
    return a, b


def count_colors(ab: Tensor) -> Tensor:
    """How many pixels each bin has: (22, 22), the bins of a in rows.

    Args:
        ab: (..., 2, H, W), Lab units.
    """
    a, b = bins_of(ab)
    return torch.bincount((a * BINS + b).flatten(), minlength=BINS**2).view(BINS, BINS)


@cache
def reachable() -> Tensor:
    """Which bins sRGB reaches, (22, 22)."""
    levels = torch.linspace(0, 1, 64)
    rgb = torch.stack(torch.meshgrid(levels, levels, levels, indexing="ij")).flatten(2)
    return count_colors(rgb_to_lab(rgb)[1:]) > 0


def weights_of(counts: Tensor) -> Tensor:
    """The weight of each bin, (22, 22); bins that sRGB does not reach have that of the rarest.

    Args:
        counts: Pixels of each bin, (22, 22), not all 0.
    """
    inside = reachable()
    smooth = _smoothed(counts.double()) * inside
    share = smooth / smooth.sum()
    weights = 1 / ((1 - UNIFORM) * share + UNIFORM / inside.sum())
    return (weights / (share * weights).sum()).float()


@cache
def usual_weights() -> Tensor:
    """The weights of the colors of photographs, (22, 22)."""
    return weights_of(torch.tensor(json.loads(PRIOR.read_text(encoding="utf-8"))["counts"]))


@cache
def _weights_on(device: torch.device) -> Tensor:
    """The same on a device, copied once: each copy waits for a GPU."""
    return usual_weights().to(device)


def rarity(ab: Tensor) -> Tensor:
    """The weight of each pixel by its color, about 1 on average over photographs.

    Args:
        ab: (..., 2, H, W), Lab units.

    Returns:
        (..., H, W), above 0.
    """
    a, b = bins_of(ab)
    return _weights_on(ab.device)[a, b]


def _smoothed(counts: Tensor) -> Tensor:
    """Convolved with a Gaussian along a and along b."""
    places = torch.arange(BINS, dtype=counts.dtype) * BIN
    kernel = torch.exp(-0.5 * ((places[:, None] - places[None, :]) / SMOOTHING) ** 2)
    return kernel @ counts @ kernel
