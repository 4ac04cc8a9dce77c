"""Structural similarity (SSIM) of two pictures.

Formula: Wang, Bovik, Sheikh, Simoncelli, "Image Quality Assessment: From Error Visibility to
Structural Similarity", 2004, https://doi.org/10.1109/TIP.2003.819861, with its Gaussian window of
11 pixels and sd 1.5, mirrored at the edges as in kornia. On small pictures a product with a band
matrix is faster than a convolution, and equal up to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

WINDOW, _SD = 11, 1.5
_K_MEAN, _K_SPREAD = 0.01, 0.03

_BLOCK = 32

SCALES, SMALLEST = 3, 8
"""Number of scales (whole, half and quarter size), and the smallest side of a scale in pixels."""

_AB_RANGE, _AB_MIDDLE = 100.0, 128.0
"""Lab units: the range of a and b, and an offset that makes them positive, so that opposite colors
are not similar."""


@dataclass(frozen=True)
class Smoothed:
    """Pictures, and what similarity to any others needs of them: computed once.

    Attributes:
        pictures: (B, C, H, W).
        mean: Of the same shape, their means in the window around each pixel.
    """

    pictures: Tensor
    mean: Tensor

    @classmethod
    def of(cls, pictures: Tensor) -> Smoothed:
        """Pictures whose sides have 6 pixels or more."""
        return cls(pictures, _window_mean(pictures))


def similarity(first: Tensor, second: Smoothed, span: float = 1.0) -> Tensor:
    """Mean structural similarity of pictures (B, C, H, W) in 0..`span`: (B,), at most 1."""
    return similarity_map(first, second, span).mean((-3, -2, -1))


def similarity_map(first: Tensor, second: Smoothed, span: float = 1.0) -> Tensor:
    """The same for each channel and pixel, (B, C, H, W)."""
    other, mean_2 = second.pictures, second.mean
    sums = torch.stack((first, first.square() + other.square(), first * other))
    mean_1, both, product_12 = _window_mean(sums).unbind()
    squares, product = mean_1.square() + mean_2.square(), mean_1 * mean_2
    spread, together = both - squares, product_12 - product
    for_mean, for_spread = (_K_MEAN * span) ** 2, (_K_SPREAD * span) ** 2
    of_mean = (2 * product + for_mean) / (squares + for_mean)
    return of_mean * (2 * together + for_spread) / (spread + for_spread)


def ab_scales(ab: Tensor) -> tuple[Smoothed, ...]:
    """What `ab_similarity` needs of photos.

    Args:
        ab: (B, 2, H, W), Lab units.
    """
    return tuple(Smoothed.of(pictures) for pictures in _scales(ab))


def ab_similarity(prediction: Tensor, target: tuple[Smoothed, ...]) -> Tensor:
    """Structural similarity of the colors alone, at up to three scales: (B,), at most 1.

    The mean over a and b and over the scales; a color in the wrong place counts, also where its
    histogram is right, and lightness does not.

    Args:
        prediction: (B, 2, H, W): a and b in Lab units.
        target: `ab_scales` of photos of the same shape.
    """
    pairs = zip(_scales(prediction), target, strict=True)
    return torch.stack([similarity(*pair, _AB_RANGE) for pair in pairs]).mean(0)


def _scales(ab: Tensor) -> list[Tensor]:
    """Pictures above 0 at up to three scales."""
    scales = [ab + _AB_MIDDLE]
    while len(scales) < SCALES and min(scales[-1].shape[-2:]) >= 2 * SMALLEST:
        scales.append(avg_pool2d(scales[-1], 2))
    return scales


def _window_mean(channels: Tensor) -> Tensor:
    return _smooth(_smooth(channels).mT).mT


def _smooth(channels: Tensor) -> Tensor:
    """Applies the window along the last side, in blocks, as the matrix is a band."""
    side, reach = channels.shape[-1], WINDOW // 2
    window = _window(side, channels)
    blocks = []
    for start in range(0, side, _BLOCK):
        seen = slice(max(0, start - reach), start + _BLOCK + reach)
        blocks.append(channels[..., seen] @ window[start : start + _BLOCK, seen].T)
    return torch.cat(blocks, dim=-1)


def _window(side: int, like: Tensor) -> Tensor:
    """The band matrix (side, side); row i has the window around place i."""
    reach = WINDOW // 2
    steps = torch.arange(-reach, reach + 1, device=like.device)
    weights = torch.exp(-0.5 * (steps.to(like.dtype) / _SD) ** 2)
    places = (torch.arange(side, device=like.device)[:, None] + steps).abs()
    places = torch.where(places < side, places, 2 * (side - 1) - places)
    window = torch.zeros(side, side, dtype=like.dtype, device=like.device)
    return window.scatter_add_(1, places, (weights / weights.sum()).expand(side, -1))
