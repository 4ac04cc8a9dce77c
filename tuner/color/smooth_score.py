"""The score of a batch with a gradient, for a loss weighting that is learned against the score.

It follows `score`, with two differences: roots and absolute values are smooth at 0, and the terms
are those of the batch. The unit is that of the score, the held-out photos without color.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tuner.color.agreement import cast, moments, pooled
from tuner.color.metrics import soft_colorfulness
from tuner.color.score import COST, FREE, Scorer
from tuner.color.spaces import rgb_to_lab
from tuner.color.structure import ab_scales, ab_similarity

_SMOOTH = 1e-6  # inside a root


class SmoothScore:
    """The score as a function to differentiate.

    Args:
        scorer: Has the importance of each term, its unit, and the LPIPS network.
    """

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer

    def __call__(self, prediction: Tensor, target: Tensor) -> Tensor:
        """The score of a batch, 0-d; gradients are finite for every picture.

        Args:
            prediction: (B, 3, H, W), sRGB; values outside [0, 1] are clamped and have no gradient.
            target: (B, 3, H, W), sRGB in [0, 1].
        """
        with torch.autocast(prediction.device.type, enabled=False):
            rgb = prediction.float().clamp(0, 1)
            lab, photo = rgb_to_lab(rgb), rgb_to_lab(target)
            gray = self._scorer.gray_measures
            gap = torch.log((soft_colorfulness(rgb) + 5) / (soft_colorfulness(target) + 5))
            structure = ab_similarity(lab[:, 1:], ab_scales(photo[:, 1:])).mean()
            lightness = _root((lab[:, 0] - photo[:, 0]).square().mean())
            terms = {
                "lpips": self._scorer.perceptual(rgb, target).mean() / gray["lpips"],
                "structure": (1 - structure) / (1 - gray["ab_ssim"]),
                "colorfulness": _root(gap.square()).mean() / gray["colorfulness_gap"],
                "cast": COST * (_cast(lab, photo) - FREE).clamp_min(0),
                "lightness": COST * (lightness - FREE).clamp_min(0),
            }
        factors = self._scorer.factors
        return torch.stack([factors[name] * term for name, term in terms.items()]).sum()


def _cast(lab: Tensor, photo: Tensor) -> Tensor:
    """Length of the color cast of all pictures together, Lab units, 0-d."""
    together = pooled(moments(lab[:, 1:], photo[:, 1:]))
    return _root(cast(together).square().sum())


def _root(squared: Tensor) -> Tensor:
    return (squared + _SMOOTH).sqrt()
