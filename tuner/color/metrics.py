"""Metrics of single colored photos.

All functions are pure and finite on gray, black and white photos. RGB is sRGB in [0, 1],
(B, 3, H, W); Lab is (B, 3, H, W) in Lab units, as `spaces.rgb_to_lab` returns it. All return
one number for each photo, (B,). Numbers of a whole set of photos are in `measures`.
"""

from __future__ import annotations

import torch
from kornia.metrics import psnr as kornia_psnr
from torch import Tensor
from torch.nn.functional import avg_pool2d

from tuner.color.difference import ciede2000
from tuner.color.spaces import chroma

POOL = 8
"""Side in pixels of the blocks that are averaged before colorfulness, so color noise is removed."""

_PIXELS = (-2, -1)
_SOFT = 0.5  # of 255
_HIGHEST_PSNR = 100.0


def colorfulness(rgb: Tensor) -> Tensor:
    """Colorfulness M3: 0 none, 15 slight, 33 moderate, 59 quite, 82 high, 109 extreme.

    Formula: Hasler and Suesstrunk, "Measuring Colourfulness in Natural Images", 2003,
    https://doi.org/10.1117/12.477378; on the scale 0..255.
    """
    red_green, yellow_blue = _opponents(rgb)
    return _spread_and_offset(red_green, yellow_blue)


def colorfulness_abs(rgb: Tensor) -> Tensor:
    """The variant in the code of several papers: opponents without sign; about 0.9 of M3.

    For comparison with published numbers only.
    """
    red_green, yellow_blue = _opponents(rgb)
    return _spread_and_offset(red_green.abs(), yellow_blue.abs())


def pooled_colorfulness(rgb: Tensor) -> Tensor:
    """Colorfulness after 8x8 average pooling; sides have to be 8 pixels or more."""
    return colorfulness(avg_pool2d(rgb, POOL))


def soft_colorfulness(rgb: Tensor) -> Tensor:
    """Pooled colorfulness with square roots that are smooth at 0, to be trained on.

    DDColor's colorfulness loss maximizes this measure: Kang, Yang, Ouyang, Ren, Li and Xie,
    "DDColor: Towards Photo-Realistic Image Colorization via Dual Decoders", 2023,
    https://arxiv.org/abs/2212.11613. The loss compares it with that of the photo, since more is not
    always better.

    Args:
        rgb: (..., 3, H, W), sRGB; sides have to be 8 pixels or more.

    Returns:
        (...), at least 0.65; gradients are finite everywhere, and 0 where every block is gray.
    """
    pooled = avg_pool2d(rgb, POOL)
    red_green, yellow_blue = _opponents(pooled, -3)
    both = torch.stack((red_green, yellow_blue))
    spread = both.var(_PIXELS, correction=0).sum(0)
    offset = both.mean(_PIXELS).square().sum(0)
    return (spread + _SOFT**2).sqrt() + 0.3 * (offset + _SOFT**2).sqrt()


def colorfulness_gap(prediction: Tensor, target: Tensor) -> Tensor:
    """|ln((CF + 5) / (CF* + 5))| of two pooled colorfulnesses: (B,), 0 or more."""
    return torch.log((prediction + 5) / (target + 5)).abs()


def mean_chroma(lab: Tensor) -> Tensor:
    """Mean chroma, Lab units."""
    return chroma(lab[:, 1:]).mean(_PIXELS)


def color_variation(lab: Tensor) -> Tensor:
    """Mean step of (a, b) between neighboring pixels: their total variation per pixel."""
    ab = lab[:, 1:]
    down = ab.diff(dim=-2).abs().mean(_PIXELS)
    across = ab.diff(dim=-1).abs().mean(_PIXELS)
    return (down + across).sum(dim=-1)


def hue_weights(prediction: Tensor, target: Tensor) -> Tensor:
    """How much each pixel's hue counts: the smaller of the two chromas, (B, H, W)."""
    return torch.minimum(chroma(prediction[:, 1:]), chroma(target[:, 1:]))


def hue_error(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean angle between the hues of two Lab photos, 0..180 degrees; gray pixels do not count.

    Weighted by `hue_weights`; 0 where both have no color.
    """
    (a, b), (c, d) = prediction[:, 1:].unbind(1), target[:, 1:].unbind(1)
    angle = torch.atan2((a * d - b * c).abs(), a * c + b * d)
    weights = hue_weights(prediction, target)
    mean = (angle * weights).sum(_PIXELS) / weights.sum(_PIXELS).clamp(min=1e-6)
    return torch.rad2deg(mean)


def lightness_drift(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean L of the prediction minus mean L of the target, Lab units."""
    return (prediction[:, 0] - target[:, 0]).mean(_PIXELS)


def lightness_error(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference in L, squared Lab units."""
    return (prediction[:, 0] - target[:, 0]).square().mean(_PIXELS)


def mean_ciede2000(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean CIEDE2000 color difference of two Lab photos; 1 is just noticeable."""
    return ciede2000(prediction, target).mean(_PIXELS)


def psnr(prediction: Tensor, target: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of two RGB photos, dB, at most 100; rewards pale colors."""
    each = [kornia_psnr(p, t, 1.0) for p, t in zip(prediction, target, strict=True)]
    return torch.stack(each).clamp(max=_HIGHEST_PSNR)


def clipped_share(rgb: Tensor) -> Tensor:
    """Share of pixels, 0..1, with a channel within 1/255 of black or white."""
    low, high = rgb.amin(1), rgb.amax(1)
    return ((low <= 1 / 255) | (high >= 254 / 255)).float().mean(_PIXELS)


def _opponents(rgb: Tensor, channels: int = 1) -> tuple[Tensor, Tensor]:
    red, green, blue = (rgb * 255).unbind(channels)
    return red - green, (red + green) / 2 - blue


def _spread_and_offset(red_green: Tensor, yellow_blue: Tensor) -> Tensor:
    both = torch.stack((red_green, yellow_blue))
    spread = both.var(_PIXELS, correction=0).sum(0).sqrt()
    offset = both.mean(_PIXELS).square().sum(0).sqrt()
    return spread + 0.3 * offset
