"""EfficientNet-Lite0 as the trunk of a perceptual distance, with weights from a pip package.

The distance is that of LPIPS without calibrated heads, averaged over the levels l,

    d(x, y) = scale * mean_l mean_hw | f_l(x)/|f_l(x)| - f_l(y)/|f_l(y)| |^2

as no heads were calibrated for this network. Loss and score use different blocks.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from tuner.color.efficientnet import EfficientNetLite0, scaled
from tuner.color.trunk import Trunk, digest_of, read_weights
from tuner.color.trunk_files import packaged_file
from tuner.errors import TrainerError

Blocks = tuple[int, ...]

FOR_LOSS: Blocks = (2, 4, 7, 10)
"""The last blocks at 1/4, 1/8 and 1/16 of the picture's side, whose gradients have places."""

FOR_SCORE: Blocks = (11, 12, 13, 14, 15)
"""All blocks at 1/32, which distinguish objects; the loss uses none of them."""

SCALES: Mapping[Blocks, float] = {FOR_LOSS: 0.735, FOR_SCORE: 0.767}
"""Factors that make the mean distance between a gray photo and the photo 0.2 on the sample photos
at 64 px, as with a random trunk; without them it is 0.28 and 0.26."""

SMALLEST = 16


class PackagedNetwork(nn.Module):
    """The trained trunk, level by level.

    Args:
        blocks: The blocks whose outputs are levels, in order; others than the two tuples above
            have a scale of 1, and are for comparisons only.

    Attributes:
        trunk: Name, digest and scale of the weights.
        importances: The factor of each level's squared distance, 0-d.
        smallest: Smallest side of a picture in pixels.

    Raises:
        TrainerError: The package is not installed, or its file is damaged.
    """

    smallest = SMALLEST

    def __init__(self, blocks: Blocks) -> None:
        super().__init__()
        found = packaged_file()
        if not found.path:
            raise TrainerError(f"trunk: 'packaged' cannot be had: {found.why_not}")
        weights = read_weights(found.path)
        self.blocks = blocks
        self.parts = EfficientNetLite0.of(weights).folded(max(blocks) + 1)
        digest = digest_of({**weights, "levels": torch.tensor(blocks)})
        self.trunk = Trunk("packaged", digest, SCALES.get(blocks, 1.0))
        self.importances = [torch.tensor(self.trunk.scale / len(blocks)) for _ in blocks]

    def forward(self, rgb: Tensor) -> list[Tensor]:
        """Features (B, C_l, H_l, W_l) of pictures (B, 3, H, W) in [0, 1]."""
        features = scaled(rgb)
        levels = []
        for block, part in enumerate(self.parts):
            features = part(features)
            if block in self.blocks:
                levels.append(features)
        return levels
