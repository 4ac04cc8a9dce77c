"""The weights of the loss, and the weighted total of its components."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from tuner.errors import TrainerError

COMPONENT_WEIGHTS: Mapping[str, str] = {
    "perceptual": "perceptual_weight",
    "l_luminance": "l_weight",
    "ab_chrominance": "ab_weight",
    "saturation": "saturation_weight",
}
"""The weight that multiplies each component of the guide's loss."""

EXTRA_WEIGHTS: Mapping[str, str] = {
    "rare_color": "rare_color_weight",
    "colorfulness": "colorfulness_weight",
}
"""The same of components beyond the guide; they exist only where their weight is above 0."""

LOSS_WEIGHTS: tuple[str, ...] = (
    *COMPONENT_WEIGHTS.values(),
    "a_weight",
    "b_weight",
    *EXTRA_WEIGHTS.values(),
)
"""All weights of the loss; `a_weight` and `b_weight` distribute the weight of ab_chrominance."""


def components_of(*trials: Mapping[str, float]) -> dict[str, str]:
    """The components that trainings with these weights have, with the weight of each.

    Those of the guide come first, and always; a further one only where a training uses it.
    """
    extra = {
        name: weight
        for name, weight in EXTRA_WEIGHTS.items()
        if any(weights.get(weight) for weights in trials)
    }
    return {**COMPONENT_WEIGHTS, **extra}


def weighted_total(components: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    """The weighted sum of the components, 0-d; training minimizes it.

    A component whose weight is 0 or missing is left out, even where it is NaN.

    Args:
        components: Unweighted, as `LossTerms.compare` returns them.
        weights: By the names in `LOSS_WEIGHTS`; others are ignored.
    """
    used = components_of(weights)
    shares = {name: weights.get(weight, 0.0) for name, weight in used.items()}
    parts = [share * components[name] for name, share in shares.items() if share != 0]
    if not parts:
        return torch.zeros_like(next(iter(components.values())))
    return torch.stack(parts).sum()


def weighted_totals(parts: Tensor, weights: Tensor) -> Tensor:
    """As `weighted_total`, for weights on the device: of many networks, or computed ones.

    Args:
        parts: The components, (..., n).
        weights: Of the same shape, 0 or more.

    Returns:
        One total for each row, (...).
    """
    return torch.where(weights > 0, weights * parts, 0.0).sum(dim=-1)


def balanced(a_weight: float, b_weight: float) -> tuple[float, float]:
    """The two weights scaled so that their sum is 2.

    Raises:
        TrainerError: One is negative or not a number, or both are 0.
    """
    total = a_weight + b_weight
    if not (a_weight >= 0 and b_weight >= 0 and 0 < total < float("inf")):
        raise TrainerError(
            f"loss: a_weight and b_weight have to be 0 or more, and not both 0, "
            f"got {a_weight:g} and {b_weight:g}"
        )
    return 2 * a_weight / total, 2 * b_weight / total
