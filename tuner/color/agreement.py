"""Regression of predicted on true colors: slope, correlation, and the remaining color cast.

The model is p = slope * t + cast for prediction p and target t, with one slope for both channels
and one offset for each channel (least squares). A network that predicts averages has a slope below
1. The cast is the color that it adds everywhere, independent of the scene.

A diagnosis uses a richer model: p = recoloring * t + tint, with a full 2x2 matrix. Rotated hues and
a weak channel are then part of the recoloring, and cause no tint.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

_NO_VARIATION = 1e-2  # squared Lab units: a smaller variance is rounding


@dataclass(frozen=True)
class Moments:
    """First and second moments over the pixels of each photo; input of all functions here.

    Attributes:
        mean_prediction: (B, C), Lab units.
        mean_target: (B, C), Lab units.
        var_prediction: (B,), summed over channels, squared Lab units.
        cross: (B, C, C), covariance of each predicted channel with each true one.
        within: (B, C, C), covariance of the true channels with each other.
    """

    mean_prediction: Tensor
    mean_target: Tensor
    var_prediction: Tensor
    cross: Tensor
    within: Tensor

    @property
    def var_target(self) -> Tensor:
        """(B,), summed over channels."""
        return _trace(self.within)

    @property
    def covariance(self) -> Tensor:
        """(B,), predicted channel with the same true channel, summed over channels."""
        return _trace(self.cross)

    def part(self, chosen: Tensor) -> Moments:
        """The moments of some photos, by index; an index may occur several times."""
        return Moments(*(getattr(self, field.name)[chosen] for field in fields(self)))


def moments(prediction: Tensor, target: Tensor) -> Moments:
    """Moments of (B, C, H, W) channels in Lab units: a and b, or L alone."""
    mean_p, mean_t = prediction.mean((-2, -1)), target.mean((-2, -1))
    p, t = prediction - mean_p[..., None, None], target - mean_t[..., None, None]
    return Moments(
        mean_prediction=mean_p,
        mean_target=mean_t,
        var_prediction=(p * p).mean((-2, -1)).sum(-1),
        cross=(p[:, :, None] * t[:, None]).mean((-2, -1)),
        within=(t[:, :, None] * t[:, None]).mean((-2, -1)),
    )


def pooled(each: Moments) -> Moments:
    """Moments of all photos taken as one (B = 1), for photos of equal size."""
    mean_p, mean_t = each.mean_prediction.mean(0), each.mean_target.mean(0)
    p, t = each.mean_prediction - mean_p, each.mean_target - mean_t
    return Moments(
        mean_prediction=mean_p[None],
        mean_target=mean_t[None],
        var_prediction=(each.var_prediction + (p * p).sum(-1)).mean(0, keepdim=True),
        cross=(each.cross + p[:, :, None] * t[:, None]).mean(0, keepdim=True),
        within=(each.within + t[:, :, None] * t[:, None]).mean(0, keepdim=True),
    )


def slope(of: Moments) -> Tensor:
    """Slope of the prediction on the target: (B,).

    1 for the photo itself, 0 for gray, negative for opposite hues; 0 where the target is constant.
    """
    explained = of.var_target > _NO_VARIATION
    return torch.where(explained, of.covariance / of.var_target.clamp(min=_NO_VARIATION), 0.0)


def correlation(of: Moments) -> Tensor:
    """Pearson correlation of prediction and target, channels pooled: (B,), -1..1.

    0 where one of the two is constant.
    """
    varies = torch.minimum(of.var_prediction, of.var_target) > _NO_VARIATION
    scale = (of.var_prediction * of.var_target).clamp(min=_NO_VARIATION**2).sqrt()
    return torch.where(varies, of.covariance / scale, 0.0)


def cast(of: Moments) -> Tensor:
    """Mean prediction minus slope times mean target: (B, C), Lab units.

    The idea is that of the color cast detector of Gasparini and Schettini, 2004,
    https://doi.org/10.1016/j.patcog.2003.12.007, with a target in addition.
    """
    return of.mean_prediction - slope(of)[:, None] * of.mean_target


def recoloring(of: Moments) -> Tensor:
    """The matrix that maps true (a, b) to predicted ones, (B, C, C), by least squares.

    The identity for the photo itself, 0 for gray, a rotation for rotated hues.
    """
    size = of.within.shape[-1]
    ridge = _NO_VARIATION * torch.eye(size, dtype=of.within.dtype, device=of.within.device)
    matrix: Tensor = torch.linalg.solve(of.within + ridge, of.cross, left=False)
    return matrix


def tint(of: Moments) -> Tensor:
    """Mean prediction minus recoloring times mean target: (B, C), Lab units."""
    explained = (recoloring(of) @ of.mean_target[..., None])[..., 0]
    return of.mean_prediction - explained


def fit(of: Moments) -> Tensor:
    """Multiple correlation of the prediction with the target, (B,): 0 unrelated, 1 recolored."""
    explained = (recoloring(of) * of.cross).sum((-2, -1))
    share = explained / of.var_prediction.clamp(min=_NO_VARIATION)
    return share.clamp(0, 1).sqrt()


def hue_turn(of: Moments) -> Tensor:
    """The angle by which all hues are rotated, (B,) in -180..180 degrees.

    The smaller one of the angle of the recoloring and the angle of the covariance. Where a and b
    are correlated, a missing channel looks like a rotation in the second, but not in the first.
    """
    angles = torch.stack([_angle(recoloring(of)), _angle(of.cross)])
    return angles.gather(0, angles.abs().argmin(0, keepdim=True))[0]


def _angle(matrix: Tensor) -> Tensor:
    """The angle of the rotation in a matrix (B, 2, 2), in degrees."""
    across = matrix[:, 1, 0] - matrix[:, 0, 1]
    return torch.rad2deg(torch.atan2(across, _trace(matrix)))


def _trace(matrix: Tensor) -> Tensor:
    return matrix.diagonal(dim1=-2, dim2=-1).sum(-1)
