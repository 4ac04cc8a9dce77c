"""Where the tuning guide expects the components of the loss while it trains."""

from __future__ import annotations

from collections.abc import Mapping

GUIDE_RANGES: Mapping[str, tuple[float, float]] = {
    "perceptual": (0.2, 0.5),
    "l_luminance": (0.05, 0.15),
    "ab_chrominance": (0.1, 0.3),
    "saturation": (0.01, 0.1),
}
"""Before their weights; the components are those of `color.loss_terms`, variant 'lab100'."""

NO_GUIDES = ("random", "packaged")
"""Trunks whose distances the guide's range of `perceptual` is not about: it knew LPIPS's own."""

FAR_SMALLER = 10.0
"""The guide raises ab_weight where the AB loss is so many times smaller than the perceptual one."""
