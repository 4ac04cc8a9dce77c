"""aligned-hpo: weights that make the gradient of a loss point where an objective falls.

    g_i     gradient of component i at the network's output, divided by its mean length n_i
    d       gradient of the objective there, of length 1
    C, p    correlations of all g_i with each other and with d, averaged over the steps
    x     = argmax p.x  where  x.C.x = 1 and no x_i is below 0
    total = sum over i of  x_i / n_i * component i

Source: Karpukhin and Savchenko, *When Losses Align: Gradient-Based Composite Loss Weighting for
Efficient Pretraining*, 2026, https://arxiv.org/abs/2605.07756, in the closed form of the authors'
implementation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

_SWEEPS = 20_000  # of components that nearly point the same way; others take some ten
_CLOSE = 1e-10


class AlignedWeights:
    """Weighs components of a loss so that their gradient agrees with that of an objective.

    Args:
        decay: Of all averages, for each step.
        warm_up: Steps in which correlations are averaged without forgetting any.

    Attributes:
        weights: Those of the latest step, by name, before they are divided by the mean lengths.

    Example:
        >>> aligned = AlignedWeights()
        >>> output = torch.zeros(1, 2, requires_grad=True)
        >>> losses = {"left": output[0, 0], "right": output[0, 1]}
        >>> aligned(losses, output, objective=output[0, 0]).item()
        0.0
        >>> aligned.weights
        {'left': 1.0, 'right': 0.0}
    """

    def __init__(self, decay: float = 0.9, warm_up: int = 10) -> None:
        self.weights: dict[str, float] = {}
        self._decay = decay
        self._warm_up = warm_up
        self._steps = 0
        self._lengths: list[float] = []
        self._correlations: list[list[float]] = []

    def __call__(self, losses: Mapping[str, Tensor], output: Tensor, objective: Tensor) -> Tensor:
        """The total to train on, 0-d; its weights have no gradient.

        Args:
            losses: Components, 0-d, by name; each is a function of `output`.
            output: What the network returned.
            objective: What should become small, 0-d, a function of `output`.
        """
        gradients = torch.stack(
            [
                torch.autograd.grad(one, output, retain_graph=True)[0].flatten().float()
                for one in (*losses.values(), objective)
            ]
        )
        lengths = gradients.norm(dim=1)
        directions = gradients / lengths.clamp_min(torch.finfo(lengths.dtype).tiny)[:, None]
        self._remember(lengths.tolist()[:-1], (directions @ directions.T).tolist())
        correlations = [row[:-1] for row in self._correlations[:-1]]
        chosen = best_direction(correlations, self._correlations[-1][:-1])
        self.weights = dict(zip(losses, chosen, strict=True))
        parts = [
            loss * (weight / length if length else 0.0)
            for loss, weight, length in zip(losses.values(), chosen, self._lengths, strict=True)
        ]
        return torch.stack(parts).sum()

    def state_dict(self) -> dict[str, Any]:
        """What the next step depends on, to be kept in a checkpoint."""
        return {
            "steps": self._steps,
            "lengths": list(self._lengths),
            "correlations": [list(row) for row in self._correlations],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from what `state_dict` returned."""
        self._steps = state["steps"]
        self._lengths = list(state["lengths"])
        self._correlations = [list(row) for row in state["correlations"]]

    def _remember(self, lengths: list[float], correlations: list[list[float]]) -> None:
        if not self._steps:
            self._lengths, self._correlations = lengths, correlations
        else:
            kept = self._steps / (self._steps + 1)
            kept = kept if self._steps < self._warm_up else self._decay
            self._lengths = _mixed(self._lengths, lengths, self._decay)
            self._correlations = [
                _mixed(old, new, kept)
                for old, new in zip(self._correlations, correlations, strict=True)
            ]
        self._steps += 1


def best_direction(
    correlations: Sequence[Sequence[float]], products: Sequence[float]
) -> list[float]:
    """The weights of which the combined direction, of length 1, agrees best with the wanted one.

    Args:
        correlations: Of the components with each other, (n, n).
        products: Of each component with the wanted direction, (n,).

    Returns:
        Weights of 0 or more; equal ones where no component agrees at all.
    """
    n = len(products)
    weights = [0.0] * n
    for _ in range(_SWEEPS if max(products) > 0 else 0):  # one coordinate after the other
        before = list(weights)
        for i in range(n):
            own = correlations[i][i]
            others = sum(correlations[i][j] * weights[j] for j in range(n) if j != i)
            weights[i] = max(0.0, (products[i] - others) / own) if own > 0 else 0.0
        if max(abs(a - b) for a, b in zip(weights, before, strict=True)) < _CLOSE:
            break
    if not any(weights):
        weights = [1.0] * n
    square = sum(weights[i] * correlations[i][j] * weights[j] for i in range(n) for j in range(n))
    return [weight / math.sqrt(square) for weight in weights] if square > 0 else weights


def _mixed(old: Sequence[float], new: Sequence[float], kept: float) -> list[float]:
    return [kept * a + (1 - kept) * b for a, b in zip(old, new, strict=True)]
