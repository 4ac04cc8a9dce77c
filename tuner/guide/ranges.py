"""The ranges in which the tuning guide expects the components of the loss during training."""

from __future__ import annotations

from collections.abc import Mapping

GUIDE_RANGES: Mapping[str, tuple[float, float]] = {
    "perceptual": (0.2, 0.5),
    "l_luminance": (0.05, 0.15),
    "ab_chrominance": (0.1, 0.3),
    "saturation": (0.01, 0.1),
}
"""Ranges of the unweighted components of `color.loss_terms`, variant 'lab100'."""

NO_GUIDES = ("random", "packaged")
"""Trunks for which the guide's range of `perceptual` does not hold: it is for LPIPS's own trunk."""

FAR_SMALLER = 10.0
"""The guide raises ab_weight where the AB loss is this many times smaller than the perceptual."""
