"""EnCodec's loss balancer: the weight of a component is its share of the gradient.

    g_i     gradient of component i at the network's output
    n_i     mean over the steps of the length of g_i, older steps forgotten by `decay`
    total = sum over i of  w_i / (sum of all w) * total_norm / n_i * component i

Source: Defossez, Copet, Synnaeve and Adi, *High Fidelity Neural Audio Compression*, 2022,
https://arxiv.org/abs/2210.13438, section 3.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

_LITTLE = 1e-12  # a component without gradient divides by it


class LossBalancer:
    """Weighs components of a loss by what they contribute to the gradient.

    Args:
        weights: Share of the gradient of each component, by name, 0 or more; only ratios matter.
        decay: Of the mean length of a gradient, for each step.
        total_norm: Length of the weighted gradient where all components agree.

    Example:
        >>> balancer = LossBalancer({"l1": 1.0, "texture": 3.0})
        >>> output = torch.zeros(2, 4, requires_grad=True)
        >>> losses = {"l1": 100 * output.sum(), "texture": 0.01 * output.sum()}
        >>> balancer(losses, output).backward()
        >>> f"{output.grad.norm(dim=1).mean():.3f}"
        '1.000'
    """

    def __init__(
        self, weights: Mapping[str, float], decay: float = 0.999, total_norm: float = 1.0
    ) -> None:
        self._weights = dict(weights)
        self._decay = decay
        self._total_norm = total_norm
        self._sums: dict[str, float] = {}
        self._counts: dict[str, float] = {}

    def __call__(self, losses: Mapping[str, Tensor], output: Tensor) -> Tensor:
        """The total to train on, 0-d; its weights have no gradient.

        Args:
            losses: Components, 0-d, by name; each is a function of `output`, those of weight 0
                may be missing.
            output: What the network returned, (B, ...).
        """
        used = [name for name, weight in self._weights.items() if weight > 0]
        norms = [_length(losses[name], output) for name in used]
        for name, norm in zip(used, torch.stack(norms).tolist(), strict=True):
            self._sums[name] = self._sums.get(name, 0.0) * self._decay + norm
            self._counts[name] = self._counts.get(name, 0.0) * self._decay + 1.0
        scale = self._total_norm / sum(self._weights[name] for name in used)
        parts = [
            losses[name] * (self._weights[name] * scale / (_LITTLE + self._mean(name)))
            for name in used
        ]
        return torch.stack(parts).sum()

    def state_dict(self) -> dict[str, Any]:
        """What the next step depends on, to be kept in a checkpoint."""
        return {"sums": dict(self._sums), "counts": dict(self._counts)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from what `state_dict` returned."""
        self._sums, self._counts = dict(state["sums"]), dict(state["counts"])

    def _mean(self, name: str) -> float:
        return self._sums[name] / self._counts[name]


def _length(loss: Tensor, output: Tensor) -> Tensor:
    """Length of the gradient of one example, averaged over the batch, 0-d."""
    gradient: Tensor = torch.autograd.grad(loss, output, retain_graph=True)[0]
    length: Tensor = torch.linalg.vector_norm(gradient.flatten(1), dim=1).mean()
    return length
