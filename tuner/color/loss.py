"""The loss whose weights are tuned, as the drop-in module of the tuning guide.

All formulas are in `loss_terms`. An engine that trains many networks on one batch uses the
functions there directly.
"""

from __future__ import annotations

import warnings

import torch
from torch import Tensor, nn

from tuner.color.loss_terms import LossTerms, TargetSide, Variant
from tuner.color.loss_weights import (
    COMPONENT_WEIGHTS,
    LOSS_WEIGHTS,
    balanced,
    components_of,
    weighted_total,
)
from tuner.color.perceptual import PerceptualDistance
from tuner.errors import TrainerError
from tuner.spec.base import PerceptualNet

__all__ = [
    "COMPONENT_WEIGHTS",
    "LOSS_WEIGHTS",
    "ColorizationLossEnhanced",
    "LossTerms",
    "TargetSide",
    "weighted_total",
]

_OUTSIDE = 1e-3  # a resized photo may overshoot [0, 1] by rounding


class ColorizationLossEnhanced(nn.Module):
    """The loss of the tuning guide, as a drop-in module.

    Called with prediction and target, RGB (B, 3, H, W), the target in [0, 1], it returns the
    0-d tensors `total`, `perceptual`, `l_luminance`, `ab_chrominance` and `saturation`. The
    components are unweighted; one whose weight is 0 is still reported, without gradient.
    Two components beyond the guide's, `rare_color` and `colorfulness`, are off unless their weight
    is above 0, and then reported, too. `tuner.color.loss_terms` has the formulas.

    Args:
        perceptual_weight: Weight of LPIPS.
        l_weight: Weight of the lightness error.
        ab_weight: Weight of the color error.
        saturation_weight: Weight of the chroma error.
        perceptual_net: 'alex', 'vgg' or 'squeeze'.
        device: Where it computes; 'cuda' on a machine without CUDA becomes the CPU.
        a_weight: How much red-green counts in the color error; only the ratio to `b_weight`
            matters, so that it cannot act as a second `ab_weight`.
        b_weight: How much blue-yellow counts.
        rare_color_weight: Weight of the color error in which rare colors count more.
        colorfulness_weight: Weight of the difference in colorfulness.
        variant: 'lab100', or 'v3' to compare with older trainings.
        perceptual: A ready `PerceptualDistance` to use instead of building one.

    All weights are plain attributes and may be changed between steps.

    Raises:
        TrainerError: An unknown net or variant; later, pictures of a wrong shape, type or range.

    Example:
        With a random LPIPS network, which needs no download; leave `perceptual` out to train.

        >>> import torch
        >>> from tuner import ColorizationLossEnhanced
        >>> from tuner.color.perceptual import PerceptualDistance
        >>> random = PerceptualDistance("squeeze", "random")
        >>> loss = ColorizationLossEnhanced(ab_weight=4.0, device="cpu", perceptual=random)
        >>> photo = torch.rand(1, 3, 64, 64)
        >>> gray = photo.mean(dim=1, keepdim=True).expand_as(photo)
        >>> list(loss(gray, photo))
        ['total', 'perceptual', 'l_luminance', 'ab_chrominance', 'saturation']
        >>> f"{loss(photo, photo)['total'].item():.3f}"
        '0.000'
    """

    def __init__(  # the guide's constructor, positional too
        self,
        perceptual_weight: float = 0.5,
        l_weight: float = 0.3,
        ab_weight: float = 3.0,
        saturation_weight: float = 0.5,
        perceptual_net: PerceptualNet = "alex",
        device: str | torch.device = "cuda",
        *,
        a_weight: float = 1.0,
        b_weight: float = 1.0,
        rare_color_weight: float = 0.0,
        colorfulness_weight: float = 0.0,
        variant: Variant = "lab100",
        perceptual: PerceptualDistance | None = None,
    ) -> None:
        super().__init__()
        self.perceptual_weight = perceptual_weight
        self.l_weight = l_weight
        self.ab_weight = ab_weight
        self.saturation_weight = saturation_weight
        self.a_weight = a_weight
        self.b_weight = b_weight
        self.rare_color_weight = rare_color_weight
        self.colorfulness_weight = colorfulness_weight
        balanced(a_weight, b_weight)
        if perceptual is None:
            perceptual = PerceptualDistance(perceptual_net, device=_usable(device))
            if perceptual.trunk.notice:
                warnings.warn(perceptual.trunk.notice, stacklevel=2)
        self.perceptual = perceptual
        self.terms = LossTerms(perceptual, variant)

    def forward(self, pred: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Total and components, see the class."""
        _check_pictures(pred, target)
        weights = {name: getattr(self, name) for name in LOSS_WEIGHTS}
        idle = [name for name, weight in COMPONENT_WEIGHTS.items() if weights[weight] == 0]
        extra = [name for name in components_of(weights) if name not in COMPONENT_WEIGHTS]
        components = self.terms.compare(
            pred,
            self.terms.observe(target),
            self.a_weight,
            self.b_weight,
            detached=idle,
            extra=extra,
        )
        return {"total": weighted_total(components, weights), **components}


def _usable(device: str | torch.device) -> torch.device:
    wanted = torch.device(device)
    if wanted.type == "cuda" and not torch.cuda.is_available():
        warnings.warn("CUDA is not available: the loss is computed on the CPU", stacklevel=3)
        return torch.device("cpu")
    return wanted


def _check_pictures(pred: Tensor, target: Tensor) -> None:
    if pred.ndim != len("BCHW") or pred.shape[1] != len("RGB") or pred.shape != target.shape:
        raise TrainerError(
            "loss: prediction and target have to be of one shape (B, 3, H, W), "
            f"got {tuple(pred.shape)} and {tuple(target.shape)}"
        )
    for name, pictures in (("prediction", pred), ("target", target)):
        if not pictures.is_floating_point():
            raise TrainerError(
                f"loss: the {name} has to hold floats in [0, 1], got {pictures.dtype} "
                "(divide 8-bit pictures by 255)"
            )
    low, high = (bound.item() for bound in torch.aminmax(target.detach()))
    if not (low >= -_OUTSIDE and high <= 1 + _OUTSIDE):
        hint = " (from [-1, 1]: (x + 1) / 2)" if low < 0 else ""
        raise TrainerError(
            f"loss: the target has to lie in [0, 1], its values go from {low:.4g} to "
            f"{high:.4g}{hint}"
        )
