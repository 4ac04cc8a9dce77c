"""How predicted colors follow the true ones: slope, correlation, and the cast that is left.

Prediction p is explained by target t as p = slope * t + cast, with one slope and an offset of
its own for each channel (least squares). A network that hedges has a slope below 1; what it
adds everywhere, whatever the scene shows, is the cast.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_NO_VARIATION = 1e-2  # squared Lab units: less is rounding, and explains nothing


@dataclass(frozen=True)
class Moments:
    """First and second moments over the pixels of each photo, all that `agreement` needs.

    Attributes:
        mean_prediction: (B, C), Lab units.
        mean_target: (B, C), Lab units.
        var_prediction: (B,), summed over channels, squared Lab units.
        var_target: (B,).
        covariance: (B,).
    """

    mean_prediction: Tensor
    mean_target: Tensor
    var_prediction: Tensor
    var_target: Tensor
    covariance: Tensor


def moments(prediction: Tensor, target: Tensor) -> Moments:
    """Moments of (B, C, H, W) channels in Lab units: a and b, or L alone."""
    mean_p, mean_t = prediction.mean((-2, -1)), target.mean((-2, -1))
    p, t = prediction - mean_p[..., None, None], target - mean_t[..., None, None]
    return Moments(
        mean_prediction=mean_p,
        mean_target=mean_t,
        var_prediction=(p * p).mean((-2, -1)).sum(-1),
        var_target=(t * t).mean((-2, -1)).sum(-1),
        covariance=(p * t).mean((-2, -1)).sum(-1),
    )


def pooled(each: Moments) -> Moments:
    """Moments of all photos taken as one (B = 1), for photos of equal size."""
    mean_p, mean_t = each.mean_prediction.mean(0), each.mean_target.mean(0)
    p, t = each.mean_prediction - mean_p, each.mean_target - mean_t
    return Moments(
        mean_prediction=mean_p[None],
        mean_target=mean_t[None],
        var_prediction=(each.var_prediction + (p * p).sum(-1)).mean(0, keepdim=True),
        var_target=(each.var_target + (t * t).sum(-1)).mean(0, keepdim=True),
        covariance=(each.covariance + (p * t).sum(-1)).mean(0, keepdim=True),
    )


def slope(of: Moments) -> Tensor:
    """By how much the prediction moves when the target moves by 1: (B,).

    1 for the photo itself, 0 for gray, negative for opposite hues; 0 where the target does not
    vary.
    """
    explained = of.var_target > _NO_VARIATION
    return torch.where(explained, of.covariance / of.var_target.clamp(min=_NO_VARIATION), 0.0)


def correlation(of: Moments) -> Tensor:
    """Pearson correlation of prediction and target, channels pooled: (B,), -1..1.

    0 where one of the two does not vary.
    """
    varies = torch.minimum(of.var_prediction, of.var_target) > _NO_VARIATION
    scale = (of.var_prediction * of.var_target).clamp(min=_NO_VARIATION**2).sqrt()
    return torch.where(varies, of.covariance / scale, 0.0)


def cast(of: Moments) -> Tensor:
    """The part of the mean prediction that the scene does not explain: (B, C), Lab units.

    Mean prediction minus slope times mean target; same idea as the color cast detector of
    Gasparini and Schettini, 2004, https://doi.org/10.1016/j.patcog.2003.12.007, with a target.
    """
    return of.mean_prediction - slope(of)[:, None] * of.mean_target
