"""Computes several networks as one: their weights are stacked along a new axis.

A step then takes about as many kernels as that of one network. That pays where a network is too
small to fill a GPU, which then waits for kernel launches; the convolutions themselves are slower,
because they become grouped ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.func import functional_call

from tuner.training.learner import Learner
from tuner.training.recipe import Model


class VmapNetworks:
    """Computes networks of one architecture as one.

    Args:
        network: Any of them; its weights are not used. It has no buffers; what else it holds is
            shared by all.
    """

    def __init__(self, network: nn.Module) -> None:
        self._form = deepcopy(network)

    def __call__(self, learners: Sequence[Learner], grays: Sequence[Tensor]) -> Tensor:
        """RGB (K, B, 3, H, W) by K networks as they are now, of the gray photos of each."""
        network = learners[0].network
        each = [dict(learner.model.named_parameters()) for learner in learners]
        stacked = {name: torch.stack([own[name] for own in each]) for name in each[0]}

        def color(weights: Mapping[str, Tensor], gray: Tensor) -> Tensor:
            return network.color(_model(self._form, weights), gray)

        alike = all(gray is grays[0] for gray in grays)
        gray, over = (grays[0], None) if alike else (torch.stack([*grays]), 0)
        predictions: Tensor = torch.vmap(color, in_dims=(0, over))(stacked, gray)
        return predictions


def _model(form: nn.Module, weights: Mapping[str, Tensor]) -> Model:
    """The network that `form` is with these weights."""

    def model(shown: Tensor) -> Tensor:
        returned: Tensor = functional_call(form, dict(weights), (shown,))
        return returned

    return model
