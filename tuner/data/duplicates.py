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

ROUNDING = 1e-4


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
    return torch.maximum(first @ second.T, first @ _mirrored(second).T)


def has_alike(thumbnails: Tensor, others: Tensor) -> Tensor:
    """(N,) whether each thumbnail (N, 768) is one of the same photo as any of others (M, 768).

    Computed in blocks, so that memory does not grow with N times M. Only those whose outlines are
    enough alike are compared as a whole.
    """
    alike = torch.zeros(len(thumbnails), dtype=torch.bool)
    outlines = _outlines(thumbnails)
    for other in range(0, len(others), BLOCK):
        there = others[other : other + BLOCK]
        both = _outlines(there), _outlines(_mirrored(there))
        for start in range(0, len(thumbnails), BLOCK):
            here = outlines[start : start + BLOCK]
            most = torch.maximum(here @ both[0].T, here @ both[1].T) >= ALIKE - ROUNDING
            rows, columns = (torch.nonzero(most.any(dim=side)).flatten() for side in (1, 0))
            if len(rows):
                whole = likeness(thumbnails[start + rows], there[columns])
                alike[start + rows] |= whole.amax(dim=1) >= ALIKE
    return alike


def _outlines(seen: Tensor) -> Tensor:
    """(B, 49) from thumbnails: means of 4 x 4 parts of each channel, and the length of the rest.

    By the inequality of Cauchy and Schwarz two thumbnails correlate at most as their outlines do.
    """
    parts = 4 * adaptive_avg_pool2d(seen.reshape(-1, 3, CELLS, CELLS), 4).flatten(1)
    rest = seen.square().sum(dim=1) - parts.square().sum(dim=1)
    return torch.column_stack([parts, rest.clamp(min=0).sqrt()])


def _mirrored(seen: Tensor) -> Tensor:
    return seen.reshape(-1, 3, CELLS, CELLS).flip(-1).flatten(1)


def alike_pairs(seen: Tensor) -> list[tuple[int, int]]:
    """Pairs of near duplicates in one set, by index.

    Args:
        seen: Thumbnails of the set.
    """
    pairs = torch.nonzero(torch.triu(likeness(seen, seen), diagonal=1) >= ALIKE)
    return [(int(first), int(second)) for first, second in pairs]
