"""Random loss weighting: the weights are drawn anew for each step.

    total = n * sum over i of  softmax(z)_i * component i,   z normal, for n components

Source: Lin, Ye, Zhang and Tsang, *Reasonable Effectiveness of Random Weighting*, 2022,
https://arxiv.org/abs/2111.10603.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


def random_weighting(losses: Mapping[str, Tensor], step: int, seed: int = 0) -> Tensor:
    """The total to train on, 0-d; its weights have the sum of as many ones.

    Args:
        losses: Components, 0-d, by name.
        step: Number of the step; the weights depend on it and on the seed alone.
        seed: Of the training.
    """
    values = torch.stack([*losses.values()])
    generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
    logits = torch.randn(len(values), generator=generator).to(values.device)
    weights = torch.softmax(logits, dim=0) * len(values)
    return torch.where(weights > 0, weights * values, 0.0).sum()
