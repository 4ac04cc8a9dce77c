"""Softmax uncertainty weighting: the smaller a component, the more it weighs.

    total = n * sum over i of  softmax(1 / (T * components))_i * component i,   for n components

Source: Kirchdorfer, Elich, Kutsche, Stuckenschmidt, Schott and Koehler, *Analytical
Uncertainty-Based Loss Weighting in Multi-Task Learning*, 2024, https://arxiv.org/abs/2408.07985.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

TEMPERATURE = 20.0
"""Its authors tune it; here it is fixed, because a rival gets no search of its own. The components
of the built-in loss are about 0.02 to 0.3, so 1 / loss spans about this much."""


def uncertainty_weighting(losses: Mapping[str, Tensor], temperature: float = TEMPERATURE) -> Tensor:
    """The total to train on, 0-d; its weights have no gradient, and the sum of as many ones.

    Args:
        losses: Components, 0-d and above 0, by name.
        temperature: The larger, the more equal the weights.
    """
    values = torch.stack([*losses.values()])
    logits = 1.0 / (temperature * values.detach().clamp_min(1e-6))
    weights = torch.softmax(logits, dim=0) * len(values)
    return torch.where(weights > 0, weights * values, 0.0).sum()
