"""LPIPS as a squared distance in an embedding; the only door to the `lpips` package.

LPIPS (Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric",
2018, version 0.1) is, for features f_l of shape (C, H, W) and calibrated channel weights w_l,

    LPIPS(x, y) = sum_l mean_hw sum_c w_lc (f_l(x)/|f_l(x)| - f_l(y)/|f_l(y)|)^2

and therefore |embed(x) - embed(y)|^2 with embed_l = sqrt(w_l / (H W)) f_l / |f_l|. The side of
the target is computed once, however many predictions are compared with it.
"""

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

from tuner.color.convolution import quicken
from tuner.color.trunk import load_trunk
from tuner.errors import TrainerError
from tuner.spec.base import PerceptualNet

Embedding = tuple[Tensor, ...]

MINIMUM_SIDES: Mapping[PerceptualNet, int] = {"alex": 31, "vgg": 16, "squeeze": 17}
"""Smallest height and width, in pixels, that leaves something after a net's poolings."""

_MOST_OPERATORS = 20
_NORM_FLOOR = 1e-10  # inside the root: a dead pixel has gradient 0, lpips itself gives NaN


class PerceptualDistance(nn.Module):
    """LPIPS between pictures, frozen, with the same numbers as `lpips.LPIPS`.

    Gradients are finite for every picture; they reach pictures, never the weights.

    Args:
        net: 'alex', 'vgg' or 'squeeze'.
        trunk: 'auto' (ImageNet weights, else random), 'imagenet', 'random', or a torchvision
            weight file (.pth or .safetensors). A study decides once, with `choose_trunks`.
        device: Where it computes.
        allow_download: Whether weights that are not cached may be fetched.

    Attributes:
        net: The net's name.
        trunk: Name, digest and scale of the weights, and a notice to show the user.

    Raises:
        TrainerError: An unknown net, or a trunk that cannot be loaded.
    """

    gain: Tensor
    offset: Tensor

    def __init__(
        self,
        net: PerceptualNet = "alex",
        trunk: str = "auto",
        device: str | torch.device = "cpu",
        *,
        allow_download: bool = True,
    ) -> None:
        super().__init__()
        if net not in MINIMUM_SIDES:
            raise TrainerError(
                f"perceptual net: unknown '{net}' (allowed: {', '.join(MINIMUM_SIDES)})"
            )
        network = _network(net)
        names = {name: _torchvision_name(name) for name in network.net.state_dict()}
        shapes = {names[k]: value.shape for k, value in network.net.state_dict().items()}
        weights, self.trunk = load_trunk(net, trunk, shapes, allow_download=allow_download)
        network.net.load_state_dict({k: weights[name] for k, name in names.items()})
        self.net = net
        self.slices = nn.ModuleList(network.net.children())
        quicken(self.slices)
        self._keep("gain", 2 / network.scaling_layer.scale)
        self._keep("offset", -(1 + network.scaling_layer.shift) / network.scaling_layer.scale)
        for level, head in enumerate(network.lins):
            weight = head.model[-1].weight.detach() * self.trunk.scale
            self._keep(f"root{level}", weight.clamp(min=0).sqrt())
        if net == "squeeze":  # its many 1x1 convolutions take half the time in this layout
            for weight in (part for part in self.slices.parameters() if part.ndim == len("OIHW")):
                weight.data = weight.data.contiguous(memory_format=torch.channels_last)
        self.requires_grad_(requires_grad=False).eval().to(device)

    def embed(self, rgb: Tensor) -> Embedding:
        """Where pictures lie, so that squared distance is LPIPS.

        Args:
            rgb: (B, 3, H, W), sRGB in [0, 1].

        Returns:
            One (B, C_l, H_l, W_l) tensor for each level of the net.

        Raises:
            TrainerError: The pictures are too small for the net.
        """
        smallest = MINIMUM_SIDES[self.net]
        if min(rgb.shape[-2:]) < smallest:
            raise TrainerError(
                f"LPIPS with net '{self.net}' needs pictures of at least {smallest}x{smallest} "
                f"pixels, got {rgb.shape[-2]}x{rgb.shape[-1]}"
            )
        features = rgb * self.gain + self.offset
        levels = []
        for level, part in enumerate(self.slices):
            features = part(features)
            levels.append(_on_sphere(features, self.get_buffer(f"root{level}")))
        return tuple(levels)

    def between(self, first: Embedding, second: Embedding) -> Tensor:
        """LPIPS of embedded pictures: (B,), 0 for equal pictures, about 0.2 for gray ones."""
        squares = [
            (x - y).square().sum(dim=(-3, -2, -1)) for x, y in zip(first, second, strict=True)
        ]
        return torch.stack(squares).sum(dim=0)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """LPIPS of pictures (B, 3, H, W) in [0, 1]: (B,)."""
        return self.between(self.embed(a), self.embed(b))

    def train(self, mode: bool = True) -> PerceptualDistance:  # noqa: ARG002  # nn.Module's name
        """Stays in evaluation mode: nothing here is ever trained."""
        return super().train(mode=False)

    def _keep(self, name: str, value: Tensor) -> None:
        self.register_buffer(name, value.detach().clone(), persistent=False)


def _on_sphere(features: Tensor, root: Tensor) -> Tensor:
    features = features.float()
    squared = features.square().sum(dim=-3, keepdim=True)
    places = features.shape[-2] * features.shape[-1]
    return features * torch.rsqrt((squared + _NORM_FLOOR) * places) * root


def _network(net: PerceptualNet) -> Any:
    """`lpips.LPIPS` with its calibrated heads; its trunk is still noise.

    `use_dropout` has to stay True, or lpips leaves the heads random without a word.
    """
    lpips = import_lpips()
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="torchvision")
        return lpips.LPIPS(net=net, pnet_rand=True, use_dropout=True, verbose=False)


def _torchvision_name(name: str) -> str:
    """`slice2.3.weight` of lpips is `features.3.weight` of torchvision."""
    return "features." + name.partition(".")[2]


def import_lpips() -> ModuleType:
    """The `lpips` package, also beside a torchvision that does not fit the installed torch.

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

    A torchvision wheel built for CUDA does not load beside a CPU-only torch, and then fails
    to describe operators that nobody declared (`torchvision::nms`). LPIPS needs none of them,
    so they are declared, without an implementation, one after the other as they are missed.
    """
    for _ in range(_MOST_OPERATORS):
        try:
            importlib.import_module("torchvision")
        except RuntimeError as error:
            missing = re.search(r"operator (torchvision::\w+) does not exist", str(error))
            if missing is None:
                raise
            torch.library.define(missing[1], "(Tensor a, Tensor b, float c) -> Tensor")
            _forget("torchvision")  # what was imported halfway
        else:
            return
    importlib.import_module("torchvision")


def _forget(package: str) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]
