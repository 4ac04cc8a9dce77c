"""The components of the loss, measured in Lab and in LPIPS.

Everything that depends only on the targets is computed once and then compared with any number of
predictions. An engine that trains many networks on one batch uses this directly.

With d = Lab(prediction) - Lab(target), means over pixels and pictures:

    variant 'lab100' (Lab units / 100, eps 0.001, delta 0.5)
      perceptual      mean LPIPS
      l_luminance     mean( sqrt((dL / 100)^2 + eps^2) - eps )
      ab_chrominance  mean( sqrt((w_a da^2 + w_b db^2) / 100^2 + eps^2) - eps ),  w_a + w_b = 2
      saturation      mean( ((C(p) - C(t)) / 100)^2 ),   C = sqrt(a^2 + b^2 + delta^2)
    variant 'v3' (the first code that went with the tuning guide, to compare with)
      perceptual      mean LPIPS
      l_luminance     mean( dL^2 ) / 100^2
      ab_chrominance  mean( (w_a da^2 + w_b db^2) / 2 ) / 256^2
      saturation      ( mean C(p) - mean C(t) )^2,   C = sqrt(a^2 + b^2)
    beyond the guide, in both variants, computed only where they are asked for
      rare_color      as ab_chrominance of 'lab100', each pixel times w(t) of `rare_colors`
      colorfulness    mean( sqrt(g^2 + eps^2) - eps ),  g = ln((M(p) + 5) / (M(t) + 5)),
                      M = the colorfulness of `metrics.soft_colorfulness` of 8 x 8 blocks
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from tuner.color.loss_weights import balanced
from tuner.color.metrics import soft_colorfulness
from tuner.color.perceptual import Embedding, PerceptualDistance
from tuner.color.rare_colors import rarity
from tuner.color.spaces import chroma, rgb_to_lab
from tuner.errors import TrainerError

Variant = Literal["lab100", "v3"]

_EPS = 1e-3  # of 100 Lab units: rounds the tip of the absolute value
_DELTA = 0.5  # Lab units: chroma is smooth at gray


@dataclass(frozen=True)
class TargetSide:
    """What the loss needs of a batch of targets, computed once for all predictions.

    Attributes:
        lab: (B, 3, H, W), Lab units.
        chroma: (B, H, W), Lab units.
        embedding: The LPIPS embedding of the targets.
        rarity: The weight of each pixel by its color, (B, H, W).
        colorfulness: (B,).
    """

    lab: Tensor
    chroma: Tensor
    embedding: Embedding
    rarity: Tensor | None = None
    colorfulness: Tensor | None = None


class LossTerms:
    """The unweighted components of the loss.

    Args:
        perceptual: LPIPS, or anything with the same `embed` and `between`.
        variant: 'lab100', or 'v3' to compare with older trainings.

    Raises:
        TrainerError: An unknown variant.
    """

    def __init__(self, perceptual: PerceptualDistance, variant: Variant = "lab100") -> None:
        if variant not in ("lab100", "v3"):
            raise TrainerError(f"loss: unknown variant '{variant}' (allowed: lab100, v3)")
        self.perceptual = perceptual
        self.variant = variant
        self._softness = _DELTA if variant == "lab100" else 0.0

    @torch.no_grad()
    def observe(self, target: Tensor) -> TargetSide:
        """Computes what the loss needs of the targets.

        Args:
            target: (B, 3, H, W), sRGB in [0, 1].

        Raises:
            TrainerError: The pictures are too small for the LPIPS net.
        """
        with torch.autocast(target.device.type, enabled=False):
            target = target.float()
            lab = rgb_to_lab(target)
            return TargetSide(
                lab=lab,
                chroma=chroma(lab[..., 1:, :, :], self._softness),
                embedding=self.perceptual.embed(target),
                rarity=rarity(lab[..., 1:, :, :]),
                colorfulness=soft_colorfulness(target),
            )

    def compare(
        self,
        prediction: Tensor,
        target_side: TargetSide,
        a_weight: float = 1.0,
        b_weight: float = 1.0,
        *,
        detached: Collection[str] = (),
        extra: Collection[str] = (),
    ) -> dict[str, Tensor]:
        """The four components, unweighted, in 32 bits even under autocast.

        Gradients are finite for every prediction; those of `saturation` are 0 at gray, where
        only `ab_chrominance` can tell which color is missing.

        Args:
            prediction: (B, 3, H, W), sRGB, meant to lie in [0, 1].
            target_side: From `observe`, of the same batch.
            a_weight: How much red-green counts in `ab_chrominance`; only the ratio matters.
            b_weight: How much blue-yellow counts.
            detached: Components that are only recorded, without gradient.
            extra: Components beyond the guide's to compute, by their names in `EXTRA_WEIGHTS`.

        Returns:
            perceptual, l_luminance, ab_chrominance and saturation, then the extra ones, 0-d.
        """
        return self._compare(
            prediction, target_side, *balanced(a_weight, b_weight), detached=detached, extra=extra
        )

    def compare_each(
        self,
        predictions: Tensor,
        target_sides: Sequence[TargetSide],
        shares: Tensor,
        *,
        detached: Collection[str] = (),
        extra: Collection[str] = (),
    ) -> dict[str, Tensor]:
        """As `compare`, for the predictions of several networks at once.

        Args:
            predictions: (K, B, 3, H, W), of K networks.
            target_sides: From `observe`, for the batch of each network; a common one is not copied.
            shares: (K, 2), the result of `balanced` for each network's `a_weight` and `b_weight`.
            detached: Components that no network is trained on.
            extra: Components beyond the guide's that any network is trained on.

        Returns:
            The same components, (K,) each.
        """

        def one(prediction: Tensor, of_a: Tensor, of_b: Tensor, *side: Tensor) -> dict[str, Tensor]:
            target = TargetSide(side[0], side[1], side[4:], side[2], side[3])
            return self._compare(prediction, target, of_a, of_b, detached=detached, extra=extra)

        sides = [_tensors(side) for side in target_sides]
        alike = all(side is target_sides[0] for side in target_sides)
        parts = sides[0] if alike else [torch.stack(part) for part in zip(*sides, strict=True)]
        over = (0, 0, 0, *(None if alike else 0 for _ in parts))
        compared: dict[str, Tensor] = torch.vmap(one, in_dims=over)(
            predictions, *shares.unbind(1), *parts
        )
        return compared

    def _compare(
        self,
        prediction: Tensor,
        target_side: TargetSide,
        of_a: float | Tensor,
        of_b: float | Tensor,
        *,
        detached: Collection[str],
        extra: Collection[str],
    ) -> dict[str, Tensor]:
        with torch.autocast(prediction.device.type, enabled=False):
            prediction = prediction.float()
            components = {"perceptual": self._perceptual(prediction, target_side, detached)}
            measure = self._lab100 if self.variant == "lab100" else self._v3
            lab = rgb_to_lab(prediction)
            components |= measure(lab, target_side, of_a, of_b)
            if "rare_color" in extra:
                components["rare_color"] = _rare_color(lab, target_side, of_a, of_b)
            if "colorfulness" in extra:
                components["colorfulness"] = _colorfulness_gap(prediction, target_side)
        return {
            name: value.detach() if name in detached else value
            for name, value in components.items()
        }

    def _perceptual(
        self, prediction: Tensor, target_side: TargetSide, detached: Collection[str]
    ) -> Tensor:
        with torch.set_grad_enabled(torch.is_grad_enabled() and "perceptual" not in detached):
            embedding = self.perceptual.embed(prediction)
            return self.perceptual.between(embedding, target_side.embedding).mean()

    def _lab100(
        self, lab: Tensor, side: TargetSide, wa: float | Tensor, wb: float | Tensor
    ) -> dict[str, Tensor]:
        lightness, a, b = ((lab - side.lab) * 0.01).unbind(-3)
        saturation = (chroma(lab[..., 1:, :, :], self._softness) - side.chroma) * 0.01
        return {
            "l_luminance": _rounded_length(lightness * lightness),
            "ab_chrominance": _rounded_length(wa * a * a + wb * b * b),
            "saturation": saturation.square().mean(),
        }

    def _v3(
        self, lab: Tensor, side: TargetSide, wa: float | Tensor, wb: float | Tensor
    ) -> dict[str, Tensor]:
        lightness, a, b = (lab - side.lab).square().unbind(-3)
        saturation = chroma(lab[..., 1:, :, :]).mean() - side.chroma.mean()
        return {
            "l_luminance": lightness.mean() / 100**2,
            "ab_chrominance": (wa * a + wb * b).mean() / (2 * 256**2),
            "saturation": saturation.square(),
        }


def _tensors(side: TargetSide) -> tuple[Tensor, ...]:
    assert side.rarity is not None, "observed by `LossTerms`"
    assert side.colorfulness is not None, "observed by `LossTerms`"
    return (side.lab, side.chroma, side.rarity, side.colorfulness, *side.embedding)


def _rare_color(lab: Tensor, side: TargetSide, wa: float | Tensor, wb: float | Tensor) -> Tensor:
    assert side.rarity is not None, "observed by `LossTerms`"
    a, b = ((lab - side.lab)[..., 1:, :, :] * 0.01).unbind(-3)
    length = (wa * a * a + wb * b * b + _EPS**2).sqrt() - _EPS
    return (side.rarity * length).mean()


def _colorfulness_gap(prediction: Tensor, side: TargetSide) -> Tensor:
    assert side.colorfulness is not None, "observed by `LossTerms`"
    gap = torch.log((soft_colorfulness(prediction) + 5) / (side.colorfulness + 5))
    return _rounded_length(gap * gap)


def _rounded_length(squared: Tensor) -> Tensor:
    return (squared + _EPS**2).sqrt().mean() - _EPS
