"""The built-in colorizer: a small U-Net that predicts how a gray photo changes.

`rgb = sigmoid(logit(gray) + head)`, with the head zero at the start, so that the first
prediction is the gray photo itself: luminance is right from the first step, and short
trainings are about color. `gray_skip: false` switches that off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn

from tuner.errors import TrainerError
from tuner.wording import nearest, shown

LEVELS = 3
DARKEST = 0.02
"""Gray is kept this far from 0 and 1 before its logit is taken, so that black can get color."""

MODEL_ARGUMENTS = ("base_width", "gray_skip")
WIDTHS = range(4, 257, 4)
"""Base widths; GroupNorm needs multiples of its 4 groups."""


class UNet(nn.Module):
    """A U-Net with GroupNorm, three times down and up.

    Takes gray photos (B, 1, H, W) in [0, 1], of any size that is at least 8, and returns RGB
    (B, 3, H, W) in [0, 1]. No dropout and no batch statistics, so that a training does the
    same alone and together with others.

    Args:
        base_width: Channels at full resolution; doubled at each level.
        gray_skip: Whether the gray photo is added before the sigmoid.
    """

    def __init__(self, base_width: int = 32, *, gray_skip: bool = True) -> None:
        super().__init__()
        widths = [base_width * 2**level for level in range(LEVELS + 1)]
        self.gray_skip = gray_skip
        self.enter = nn.Sequential(
            nn.Conv2d(1, widths[0], kernel_size=3, padding=1),
            nn.SiLU(),
            nn.Conv2d(widths[0], widths[0], kernel_size=3, padding=1),
            nn.SiLU(),
        )
        self.down = nn.ModuleList(_block(wide, wider) for wide, wider in pairwise(widths))
        self.up = nn.ModuleList(_block(wider + wide, wide) for wide, wider in pairwise(widths))
        self.head = nn.Conv2d(2 * widths[0], 3, kernel_size=1)
        _zero(self.head)

    def forward(self, gray: Tensor) -> Tensor:
        """Predicts RGB (B, 3, H, W) in [0, 1] from gray (B, 1, H, W) in [0, 1]."""
        return self.paint(self.features(gray), gray)

    def features(self, gray: Tensor) -> Tensor:
        """What the head paints from, (B, 2 * base_width, H, W); the head has no part in it."""
        entered = self.enter(gray - 0.5)
        features = [entered]
        for down in self.down:
            features.append(down(nn.functional.avg_pool2d(features[-1], 2)))
        x = features.pop()
        for up in reversed(self.up):
            skip = features.pop()
            grown = nn.functional.interpolate(x, size=skip.shape[-2:], mode="nearest")
            x = up(torch.cat([grown, skip], dim=1))
        return torch.cat([x, entered], dim=1)

    def paint(self, features: Tensor, gray: Tensor) -> Tensor:
        """Predicts RGB (B, 3, H, W) in [0, 1] from the features of gray photos."""
        with torch.autocast(gray.device.type, enabled=False):  # 8 bits are too few for a color
            change: Tensor = self.head(features.float())
            if self.gray_skip:
                change = change + torch.logit(gray.clamp(DARKEST, 1 - DARKEST))
            return torch.sigmoid(change)


def build_model(arguments: Mapping[str, int | float | bool | str], seed: int) -> UNet:
    """Builds the U-Net with weights drawn from `seed`.

    Torch's own generator is neither read nor moved: all threads share it, so two networks that
    are built at the same time would draw from each other's seeds.

    Raises:
        TrainerError: An argument that the U-Net does not know, or of the wrong type.
    """
    base_width, gray_skip = check_model_arguments(arguments)
    with torch.device("meta"):  # shapes only, nothing is drawn
        model = UNet(base_width, gray_skip=gray_skip)
    model.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(seed)
    for layer in model.modules():
        _draw(layer, generator)
    _zero(model.head)
    return model


def check_model_arguments(
    arguments: Mapping[str, int | float | bool | str],
) -> tuple[int, bool]:
    """Returns base width and gray skip.

    Raises:
        TrainerError: An argument that the U-Net does not know, or of the wrong type.
    """
    for name in arguments:
        if name not in MODEL_ARGUMENTS:
            near = nearest(name, MODEL_ARGUMENTS)
            hint = f" (did you mean '{near}'?)" if near else ""
            raise TrainerError(
                f"trainer.model_args.{name}: the built-in unet does not know it{hint}; "
                f"it knows {', '.join(MODEL_ARGUMENTS)}"
            )
    base_width = arguments.get("base_width", 32)
    gray_skip = arguments.get("gray_skip", True)
    if isinstance(base_width, bool) or not isinstance(base_width, int) or base_width not in WIDTHS:
        raise TrainerError(
            f"trainer.model_args.base_width: got {shown(base_width)}, expected a multiple of 4 "
            f"from {WIDTHS.start} to {WIDTHS[-1]}"
        )
    if not isinstance(gray_skip, bool):
        raise TrainerError(
            f"trainer.model_args.gray_skip: got {shown(gray_skip)}, expected true or false"
        )
    return base_width, gray_skip


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=3, padding=1),
        nn.GroupNorm(4, outputs),
        nn.SiLU(),
        nn.Conv2d(outputs, outputs, kernel_size=3, padding=1),
        nn.GroupNorm(4, outputs),
        nn.SiLU(),
    )


def _draw(layer: nn.Module, generator: torch.Generator) -> None:
    """Torch's defaults for the two kinds of layers that have weights, from a generator."""
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)
        bound = 1 / math.sqrt(layer.weight[0].numel())
        nn.init.uniform_(_bias(layer), -bound, bound, generator=generator)
    elif isinstance(layer, nn.GroupNorm):
        layer.reset_parameters()


def _zero(layer: nn.Conv2d) -> None:
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(_bias(layer))


def _bias(layer: nn.Conv2d) -> Tensor:
    assert layer.bias is not None
    return layer.bias
