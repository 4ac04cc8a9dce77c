"""A colorizer that knows objects: an encoder trained on ImageNet, and a small decoder that learns.

`trainer.model: imagenet_colorizer:Colorizer`. From 300 photos a network learns no colors of photos
that it has not seen, if it starts from nothing; one that knows what grass and sky look like does.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from tuner.color.packaged import PackagedNetwork

LEVELS = {2: 24, 4: 40, 10: 112, 15: 320}
"""Blocks of the encoder, at 1/4 to 1/32 of the side, and their channels."""

DARKEST = 0.02
"""Gray is kept this far from 0 and 1 before its logit is taken, so that black can get color."""


class Colorizer(nn.Module):
    """Predicts RGB (B, 3, H, W) in [0, 1] from gray (B, 1, H, W) in [0, 1], sides of at least 16.

    Args:
        width: Channels of the decoder, a multiple of its 4 groups.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.encoder = PackagedNetwork(tuple(LEVELS)).requires_grad_(False)
        self.lateral = nn.ModuleList(nn.Conv2d(channels, width, 1) for channels in LEVELS.values())
        self.mix = nn.ModuleList(_mix(width) for _ in LEVELS)
        self.fine = nn.Conv2d(width + 1, width // 2, kernel_size=3, padding=1)
        self.head = nn.Conv2d(width // 2, 3, kernel_size=3, padding=1)
        for parameter in self.head.parameters():
            nn.init.zeros_(parameter)

    def forward(self, gray: Tensor) -> Tensor:
        """Adds colors at half of the size to the logit of gray."""
        with torch.no_grad():
            features = self.encoder(gray.expand(-1, 3, -1, -1))
        x = torch.zeros(())
        for feature, lateral, mix in zip(
            *map(reversed, (features, self.lateral, self.mix)), strict=True
        ):
            x = mix(lateral(feature) + (_grown(x, feature) if x.ndim else x))
        half = functional.avg_pool2d(gray, 2) - 0.5
        x = functional.silu(self.fine(torch.cat([_grown(x, half), half], dim=1)))
        change = _grown(self.head(x), gray)
        return torch.sigmoid(change + torch.logit(gray.clamp(DARKEST, 1 - DARKEST)))


def _mix(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.GroupNorm(4, width),
        nn.SiLU(),
        nn.Conv2d(width, width, kernel_size=3, padding=1),
        nn.GroupNorm(4, width),
        nn.SiLU(),
    )


def _grown(x: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(x, size=like.shape[-2:], mode="bilinear")
