"""Finds near duplicates: pictures of one photo that was resized or saved again."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, normalize

CELLS = 16
BLOCK = 2048
ALIKE = 0.95
"""Smallest correlation of two thumbnails of the same photo; `benchmarks/likeness.py` measures how
often this is right."""


def thumbnails(rgb: Tensor) -> Tensor:
    """Thumbnails of 16 x 16 means of each channel, centered by channel, scaled to unit length.

    Args:
        rgb: (B, 3, H, W), any scale.

    Returns:
        (B, 768); zeros for a picture of one color.
    """
    small = adaptive_avg_pool2d(rgb.float(), CELLS)
    return normalize((small - small.mean(dim=(2, 3), keepdim=True)).flatten(1), eps=1e-3)


def likeness(first: Tensor, second: Tensor) -> Tensor:
    """Correlation of all thumbnails of two sets, (N, M), at most 1, also against mirrored ones."""
    mirrored = second.reshape(-1, 3, CELLS, CELLS).flip(-1).flatten(1)
    return torch.maximum(first @ second.T, first @ mirrored.T)


def likest(some: Tensor, others: Tensor) -> Tensor:
    """(N,) the likeness of each thumbnail (N, 768) to the likest of others (M, 768), at least -1.

    Computed in blocks, so that memory does not grow with N times M.
    """
    found = torch.full((len(some),), -1.0)
    for start in range(0, len(some), BLOCK):
        best = found[start : start + BLOCK]
        for other in range(0, len(others), BLOCK):
            block = likeness(some[start : start + BLOCK], others[other : other + BLOCK])
            torch.maximum(best, block.amax(dim=1), out=best)
    return found


def alike_pairs(seen: Tensor) -> list[tuple[int, int]]:
    """Pairs of near duplicates in one set, by index.

    Args:
        seen: Thumbnails of the set.
    """
    pairs = torch.nonzero(torch.triu(likeness(seen, seen), diagonal=1) >= ALIKE)
    return [(int(first), int(second)) for first, second in pairs]
