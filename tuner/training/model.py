"""The built-in colorizer: a small U-Net that predicts how a gray photo changes.

`rgb = sigmoid(logit(gray) + head)`, with the head zero at the start, so that the first
prediction is the gray photo itself: luminance is right from the first step, and short
trainings are about color. `gray_skip: false` switches that off.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn

from tuner.errors import TrainerError
from tuner.wording import did_you_mean

LEVELS = 3
DARKEST = 0.02
"""Gray is kept this far from 0 and 1 before its logit is taken, so that black can get color."""

MODEL_ARGUMENTS: Mapping[str, type] = {"base_width": int, "gray_skip": bool}


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
        self.enter = _block(1, widths[0])
        self.down = nn.ModuleList(_block(wide, wider) for wide, wider in pairwise(widths))
        self.up = nn.ModuleList(_block(wider + wide, wide) for wide, wider in pairwise(widths))
        self.head = nn.Conv2d(widths[0], 3, kernel_size=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(_bias(self.head))

    def forward(self, gray: Tensor) -> Tensor:
        """Predicts RGB (B, 3, H, W) in [0, 1] from gray (B, 1, H, W) in [0, 1]."""
        features = [self.enter(gray - 0.5)]
        for down in self.down:
            features.append(down(nn.functional.avg_pool2d(features[-1], 2)))
        x = features.pop()
        for up in reversed(self.up):
            skip = features.pop()
            grown = nn.functional.interpolate(x, size=skip.shape[-2:], mode="nearest")
            x = up(torch.cat([grown, skip], dim=1))
        change: Tensor = self.head(x)
        if self.gray_skip:
            change = change + torch.logit(gray.clamp(DARKEST, 1 - DARKEST))
        return torch.sigmoid(change)


def build_model(arguments: Mapping[str, int | float | bool | str], seed: int) -> UNet:
    """Builds the U-Net with weights drawn from `seed`; torch's own generator is left alone.

    Raises:
        TrainerError: An argument that the U-Net does not know, or of the wrong type.
    """
    base_width, gray_skip = check_model_arguments(arguments)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return UNet(base_width, gray_skip=gray_skip)


def check_model_arguments(
    arguments: Mapping[str, int | float | bool | str],
) -> tuple[int, bool]:
    """Returns base width and gray skip.

    Raises:
        TrainerError: An argument that the U-Net does not know, or of the wrong type.
    """
    for name in arguments:
        if name not in MODEL_ARGUMENTS:
            raise TrainerError(
                f"trainer.model_args.{name}: the built-in unet does not know it"
                f"{did_you_mean(name, MODEL_ARGUMENTS)}; it knows {', '.join(MODEL_ARGUMENTS)}"
            )
    base_width = arguments.get("base_width", 32)
    gray_skip = arguments.get("gray_skip", True)
    if isinstance(base_width, bool) or not isinstance(base_width, int) or base_width not in WIDTHS:
        raise TrainerError(
            f"trainer.model_args.base_width: got {base_width!r}, expected a multiple of 4 "
            f"from {WIDTHS.start} to {WIDTHS[-1]}"
        )
    if not isinstance(gray_skip, bool):
        raise TrainerError(
            f"trainer.model_args.gray_skip: got {gray_skip!r}, expected true or false"
        )
    return base_width, gray_skip


WIDTHS = range(4, 257, 4)


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=3, padding=1),
        nn.GroupNorm(4, outputs),
        nn.SiLU(),
        nn.Conv2d(outputs, outputs, kernel_size=3, padding=1),
        nn.GroupNorm(4, outputs),
        nn.SiLU(),
    )


def _bias(layer: nn.Conv2d) -> Tensor:
    assert layer.bias is not None
    return layer.bias
