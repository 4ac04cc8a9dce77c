"""EfficientNet-Lite0: a network trained on ImageNet whose weights come in a pip package.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019,
https://arxiv.org/abs/1905.11946, table 1; the Lite variant leaves out squeeze-and-excitation, has
ReLU6 for swish, and keeps stem and head of the smallest network. Parts are named as in the weight
file, so that it is loaded strictly; batch normalization is then folded into the convolutions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

# Blocks, side of the depthwise kernel, stride, expansion, channels.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_STEM, _HEAD, _CLASSES = 32, 1280, 1000
_EPS = 1e-3

BLOCKS = sum(blocks for blocks, *_ in _STAGES)
"""Number of blocks of the whole network; they are numbered from 0."""


class EfficientNetLite0(nn.Module):
    """The network with the names of its weight file: `_conv_stem`, `_blocks.0`, ..., `_fc`."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = _Convolution(3, _STEM, 3, stride=2)
        self._bn0 = nn.BatchNorm2d(_STEM, eps=_EPS)
        self._blocks = nn.ModuleList(_blocks())
        self._conv_head = _Convolution(_STAGES[-1][-1], _HEAD, 1)
        self._bn1 = nn.BatchNorm2d(_HEAD, eps=_EPS)
        self._fc = nn.Linear(_HEAD, _CLASSES)

    @classmethod
    def of(cls, weights: Mapping[str, Tensor]) -> EfficientNetLite0:
        """The network with these weights, in evaluation mode.

        Raises:
            RuntimeError: A weight is missing, unknown or of another shape.
        """
        with torch.device("meta"):  # no time and no random numbers for weights to be replaced
            network = cls()
        network.load_state_dict(weights, strict=True, assign=True)
        return network.eval()

    def folded(self, blocks: int) -> nn.ModuleList:
        """The stem with the first block, and each block after it, without batch normalization.

        Args:
            blocks: How many of `BLOCKS`.
        """
        stem = nn.Sequential(fuse_conv_bn_eval(self._conv_stem, self._bn0), nn.ReLU6(inplace=True))
        first, *others = (block.folded() for block in self._blocks[:blocks])  # type: ignore[operator]
        parts = nn.ModuleList((nn.Sequential(stem, first), *others))
        for weight in (part for part in parts.parameters() if part.ndim == len("OIHW")):
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)
        return parts

    def forward(self, rgb: Tensor) -> Tensor:
        """Logits (B, 1000) of pictures (B, 3, H, W) in [0, 1]."""
        features = scaled(rgb)
        for part in self.folded(BLOCKS):
            features = part(features)
        features = functional.relu6(self._bn1(self._conv_head(features)))
        logits: Tensor = self._fc(features.mean((-2, -1)))
        return logits


def scaled(rgb: Tensor) -> Tensor:
    """Pictures in [0, 1] as the network was trained to see them, in [-1, 1]."""
    return rgb * 2 - 1


class _Block(nn.Module):
    """An inverted residual block: expands, depthwise convolution, projects, adds its input."""

    def __init__(self, inputs: int, outputs: int, side: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self._expand_conv = _Convolution(inputs, inner, 1) if expansion > 1 else None
        self._bn0 = nn.BatchNorm2d(inner, eps=_EPS) if expansion > 1 else None
        self._depthwise_conv = _Convolution(inner, inner, side, stride, groups=inner)
        self._bn1 = nn.BatchNorm2d(inner, eps=_EPS)
        self._project_conv = _Convolution(inner, outputs, 1)
        self._bn2 = nn.BatchNorm2d(outputs, eps=_EPS)
        self._adds = stride == 1 and inputs == outputs

    def folded(self) -> nn.Module:
        depthwise = fuse_conv_bn_eval(self._depthwise_conv, self._bn1)
        inner: list[nn.Module] = [depthwise, nn.ReLU6(inplace=True)]
        if self._expand_conv is not None and self._bn0 is not None:
            inner = [
                fuse_conv_bn_eval(self._expand_conv, self._bn0),
                nn.ReLU6(inplace=True),
                *inner,
            ]
        inner.append(fuse_conv_bn_eval(self._project_conv, self._bn2))
        return _Adding(nn.Sequential(*inner)) if self._adds else nn.Sequential(*inner)


class _Adding(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, features: Tensor) -> Tensor:
        convolved: Tensor = self.inner(features)
        return features + convolved


class _Convolution(nn.Conv2d):
    """A convolution whose output has sides of ceil(side / stride), padded as TensorFlow does.

    On a 1x1 feature map only the center of the kernel is used: the rest is multiplied by padding,
    and makes a depthwise convolution 70 times slower.
    """

    def __init__(
        self, inputs: int, outputs: int, side: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(inputs, outputs, side, stride=stride, groups=groups, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        if features.shape[-2:] == (1, 1):
            return self._on_one_place(features)
        (side, _), (stride, _) = self.kernel_size, self.stride
        high, wide = (
            max((-(-n // stride) - 1) * stride + side - n, 0) for n in features.shape[-2:]
        )
        # Where one side needs more padding than the other, padding the kernel is faster.
        weight = functional.pad(self.weight, (wide % 2, 0, high % 2, 0))
        padding = ((high + 1) // 2, (wide + 1) // 2)
        return functional.conv2d(features, weight, self.bias, self.stride, padding, 1, self.groups)

    def _on_one_place(self, features: Tensor) -> Tensor:
        middle = self.kernel_size[0] // 2
        center = self.weight[:, :, middle, middle]
        if self.groups > 1:
            scaled = features * center[..., None]
            return scaled if self.bias is None else scaled + self.bias[:, None, None]
        return functional.linear(features.flatten(-3), center, self.bias)[..., None, None]


def _blocks() -> Iterator[_Block]:
    inputs = _STEM
    for blocks, side, stride, expansion, outputs in _STAGES:
        for number in range(blocks):
            yield _Block(inputs, outputs, side, 1 if number else stride, expansion)
            inputs = outputs
