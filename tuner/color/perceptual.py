"""LPIPS as a squared distance in an embedding.

LPIPS (Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric",
2018, version 0.1) is, for features f_l of shape (C, H, W) and calibrated channel weights w_l,

    LPIPS(x, y) = sum_l mean_hw sum_c w_lc (f_l(x)/|f_l(x)| - f_l(y)/|f_l(y)|)^2

and therefore |embed(x) - embed(y)|^2 with embed_l = sqrt(w_l / (H W)) f_l / |f_l|. The embedding
of a target is computed once for all predictions. Where LPIPS's own trained trunks are not
available, the features are those of another trained network (`packaged`).
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from tuner.color.lpips_network import MINIMUM_SIDES, LpipsNetwork
from tuner.color.packaged import FOR_LOSS, Blocks, PackagedNetwork
from tuner.color.trunk import choose_trunks
from tuner.errors import TrainerError
from tuner.spec.base import PerceptualNet

Embedding = tuple[Tensor, ...]

PACKAGED_NET = "lite0"

_NORM_FLOOR = 1e-10  # inside the root: a pixel without features has gradient 0; in lpips, NaN


class PerceptualDistance(nn.Module):
    """LPIPS between pictures, frozen, with the same numbers as `lpips.LPIPS`.

    Gradients are finite for every picture; they go to the pictures, never to the weights.

    Args:
        net: 'alex', 'vgg' or 'squeeze'.
        trunk: 'auto' (ImageNet weights, else packaged ones, else random), 'imagenet',
            'packaged', 'random', or a torchvision weight file (.pth or .safetensors). A study
            decides once, with `choose_trunks`.
        device: Where it computes.
        allow_download: Whether weights that are not cached may be fetched.
        blocks: The levels of the packaged network, which has no `net`.

    Attributes:
        net: Name of the network that measures: the net's, or 'lite0' for the packaged one.
        trunk: Name, digest and scale of the weights, and a notice to show the user.

    Raises:
        TrainerError: An unknown net, or a trunk that cannot be loaded.
    """

    def __init__(
        self,
        net: PerceptualNet = "alex",
        trunk: str = "auto",
        device: str | torch.device = "cpu",
        *,
        allow_download: bool = True,
        blocks: Blocks = FOR_LOSS,
    ) -> None:
        super().__init__()
        if net not in MINIMUM_SIDES:
            raise TrainerError(
                f"perceptual net: unknown '{net}' (allowed: {', '.join(MINIMUM_SIDES)})"
            )
        [chosen], notice = choose_trunks([(net, trunk)], allow_download=allow_download)
        self.net: str = PACKAGED_NET if chosen == "packaged" else net
        self.network: LpipsNetwork | PackagedNetwork = (
            PackagedNetwork(blocks)
            if chosen == "packaged"
            else LpipsNetwork(net, chosen, allow_download=allow_download)
        )
        self.trunk = replace(self.network.trunk, notice=notice)
        for level, importance in enumerate(self.network.importances):
            self.register_buffer(f"root{level}", importance.sqrt(), persistent=False)
        self.requires_grad_(requires_grad=False).eval().to(device)

    def embed(self, rgb: Tensor) -> Embedding:
        """The embedding of pictures, in which squared distance is LPIPS.

        Args:
            rgb: (B, 3, H, W), sRGB in [0, 1].

        Returns:
            One (B, C_l, H_l, W_l) tensor for each level of the net.

        Raises:
            TrainerError: The pictures are too small for the net.
        """
        smallest = self.network.smallest
        if min(rgb.shape[-2:]) < smallest:
            raise TrainerError(
                f"LPIPS with net '{self.net}' needs pictures of at least {smallest}x{smallest} "
                f"pixels, got {rgb.shape[-2]}x{rgb.shape[-1]}"
            )
        return tuple(
            _on_sphere(features, self.get_buffer(f"root{level}"))
            for level, features in enumerate(self.network(rgb))
        )

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
        """Stays in evaluation mode: the network is frozen."""
        return super().train(mode=False)


def _on_sphere(features: Tensor, root: Tensor) -> Tensor:
    features = features.float()
    squared = features.square().sum(dim=-3, keepdim=True)
    places = features.shape[-2] * features.shape[-1]
    return features * torch.rsqrt((squared + _NORM_FLOOR) * places) * root
