"""EfficientNet-Lite0 as the trunk of a perceptual distance, its weights brought by a package.

The distance is that of LPIPS without calibrated heads, averaged over the levels l,

    d(x, y) = scale * mean_l mean_hw | f_l(x)/|f_l(x)| - f_l(y)/|f_l(y)| |^2

as none were calibrated for this network. Loss and score look at other blocks.
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
"""The last blocks at 1/4, 1/8 and 1/16 of the picture's side: where a gradient tells a place."""

FOR_SCORE: Blocks = (11, 12, 13, 14, 15)
"""All blocks at 1/32, which tell objects: none of these is trained with."""

SCALES: Mapping[Blocks, float] = {FOR_LOSS: 0.735, FOR_SCORE: 0.767}
"""With them the mean distance between a gray photo and the photo is 0.2 on the sample photos at
64 px, so that a weight means as much as with a random trunk; unscaled it is 0.28 and 0.26."""

SMALLEST = 16


class PackagedNetwork(nn.Module):
    """The trained trunk, level by level.

    Args:
        blocks: After which blocks there is a level, in order; others than the two above are for
            comparisons, and have a scale of 1.

    Attributes:
        trunk: Name, digest and scale of the weights.
        importances: For each level what its squared distance is multiplied by, 0-d.
        smallest: Pixels that a side needs.

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
