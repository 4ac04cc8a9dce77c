"""The networks of the `lpips` package, as frozen features and heads; the only door to it."""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from tuner.color.convolution import speed_up_convolutions
from tuner.color.trunk import load_trunk
from tuner.errors import TrainerError
from tuner.spec.base import PerceptualNet

MINIMUM_SIDES: Mapping[PerceptualNet, int] = {"alex": 31, "vgg": 16, "squeeze": 17}
"""Smallest height and width in pixels for which every level of a net has a feature."""

_MOST_OPERATORS = 20


class LpipsNetwork(nn.Module):
    """A trunk of LPIPS with the features of each level, and the weights of their channels.

    Args:
        net: 'alex', 'vgg' or 'squeeze'.
        trunk: 'imagenet', 'random', or a torchvision weight file.
        allow_download: Whether weights that are not cached may be fetched.

    Attributes:
        trunk: Name, digest and scale of the weights.
        importances: (C_l, 1, 1) for each level, the calibrated heads times the trunk's scale.
        smallest: Smallest side of a picture in pixels.
    """

    gain: Tensor
    offset: Tensor

    def __init__(self, net: PerceptualNet, trunk: str, *, allow_download: bool = True) -> None:
        super().__init__()
        network = _network(net)
        names = {name: _torchvision_name(name) for name in network.net.state_dict()}
        shapes = {names[k]: value.shape for k, value in network.net.state_dict().items()}
        weights, self.trunk = load_trunk(net, trunk, shapes, allow_download=allow_download)
        network.net.load_state_dict({k: weights[name] for k, name in names.items()})
        self.smallest = MINIMUM_SIDES[net]
        self.slices = nn.ModuleList(network.net.children())
        speed_up_convolutions(self.slices)
        self._keep("gain", 2 / network.scaling_layer.scale)
        self._keep("offset", -(1 + network.scaling_layer.shift) / network.scaling_layer.scale)
        heads = [head.model[-1].weight.detach() for head in network.lins]
        self.importances = [head[0].clamp(min=0) * self.trunk.scale for head in heads]
        if net == "squeeze":  # its many 1x1 convolutions are twice as fast in this layout
            for weight in (part for part in self.slices.parameters() if part.ndim == len("OIHW")):
                weight.data = weight.data.contiguous(memory_format=torch.channels_last)

    def forward(self, rgb: Tensor) -> list[Tensor]:
        """Features (B, C_l, H_l, W_l) of pictures (B, 3, H, W) in [0, 1]."""
        features = rgb * self.gain + self.offset
        levels = []
        for part in self.slices:
            features = part(features)
            levels.append(features)
        return levels

    def _keep(self, name: str, value: Tensor) -> None:
        self.register_buffer(name, value.detach().clone(), persistent=False)


def _network(net: PerceptualNet) -> Any:
    """`lpips.LPIPS` with its calibrated heads; its trunk is still random.

    `use_dropout` has to stay True: otherwise lpips leaves the heads random, without a warning.
    """
    lpips = import_lpips()
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="torchvision")
        return lpips.LPIPS(net=net, pnet_rand=True, use_dropout=True, verbose=False)


def _torchvision_name(name: str) -> str:
    """`slice2.3.weight` of lpips is `features.3.weight` of torchvision."""
    return "features." + name.partition(".")[2]


def import_lpips() -> ModuleType:
    """The `lpips` package, also where torchvision does not fit the installed torch.

    Raises:
        TrainerError: It cannot be imported.
    """
    try:
        _import_torchvision()
        return importlib.import_module("lpips")
    except (ImportError, RuntimeError) as error:
        raise TrainerError(
            f"LPIPS cannot be loaded ({error}); install matching versions of torch, "
            "torchvision and lpips"
        ) from error


def _import_torchvision() -> None:
    """Import torchvision, also where its compiled part does not fit the installed torch.

    The compiled part of a torchvision wheel for CUDA does not load with a CPU-only torch. The
    import then fails because operators such as `torchvision::nms` are not declared. LPIPS needs
    none of them, so each missing operator is declared here, without an implementation.
    """
    for _ in range(_MOST_OPERATORS):
        try:
            importlib.import_module("torchvision")
        except RuntimeError as error:
            missing = re.search(r"operator (torchvision::\w+) does not exist", str(error))
            if missing is None:
                raise
            torch.library.define(missing[1], "(Tensor a, Tensor b, float c) -> Tensor")
            _forget("torchvision")  # modules of the failed import
        else:
            return
    importlib.import_module("torchvision")


def _forget(package: str) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]
