"""Faster equal convolutions, for frozen networks on small pictures.

Results equal those of `torch.nn.Conv2d` to rounding; the gradient reaches the input only, as
the weights are frozen. Measured on one core, AlexNet, batch 8, forward and backward: 8.5 to
4.3 ms at 32 px, 24.5 to 22.8 ms at 64 px.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def speed_up_convolutions(network: nn.Module) -> None:
    """Replaces, in place, the convolutions for which there is a faster equal one."""
    for name, part in list(network.named_children()):
        if not isinstance(part, nn.Conv2d):
            speed_up_convolutions(part)
        elif part.kernel_size == (3, 3) and part.padding == part.stride == (1, 1):
            setattr(network, name, CenterConvolution(part))
        elif part.kernel_size == (11, 11) and part.stride == (4, 4) and part.padding == (2, 2):
            setattr(network, name, BlockConvolution(part))


class CenterConvolution(nn.Module):
    """A padded 3x3 convolution that uses only the center of its kernel on a 1x1 feature map.

    There the other eight weights are multiplied by padding; reading them is most of the work.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.convolution = convolution
        center = convolution.weight.detach()[:, :, 1, 1].clone()
        self.register_buffer("center", center, persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, C, H, W) to (B, C', H, W)."""
        if features.shape[-2:] != (1, 1):
            convolved: Tensor = self.convolution(features)
            return convolved
        center = self.get_buffer("center")
        places = functional.linear(features.flatten(-3), center, self.convolution.bias)
        return places[..., None, None]


class BlockConvolution(nn.Module):
    """An 11x11 convolution of stride 4 and padding 2 as a 3x3 one over 4x4 blocks of pixels.

    Processors have no good kernel for the first: its gradient takes two to three times as long.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.bias = convolution.bias
        outputs, inputs = convolution.weight.shape[:2]
        widened = functional.pad(convolution.weight.detach(), (0, 1, 0, 1))
        blocks = widened.reshape(outputs, inputs, 3, 4, 3, 4).permute(0, 1, 3, 5, 2, 4)
        weight = blocks.reshape(outputs, inputs * 16, 3, 3).contiguous()
        self.register_buffer("weight", weight, persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, C, H, W) to (B, C', (H - 7) // 4 + 1, (W - 7) // 4 + 1)."""
        height, width = features.shape[-2:]
        below, right = _missing(height), _missing(width)
        padded = functional.pad(features, (2, right, 2, below))
        blocks = functional.pixel_unshuffle(padded, 4)
        return torch.conv2d(blocks, self.get_buffer("weight"), self.bias)


def _missing(side: int) -> int:
    """Pixels to add after a side, two being added before it, for whole blocks of 4."""
    places = (side - 7) // 4 + 1
    return 4 * (places + 2) - side - 2
