"""Named settings: the guide's weights, and the small study for a laptop."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


def _weights(
    perceptual: float, luminance: float, ab: float, saturation: float
) -> Mapping[str, float]:
    return MappingProxyType(
        {
            "perceptual_weight": perceptual,
            "l_weight": luminance,
            "ab_weight": ab,
            "saturation_weight": saturation,
        }
    )


WEIGHT_PRESETS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "legacy": _weights(1.0, 1.0, 2.0, 0.1),  # where the guide's example session begins
        "conservative": _weights(0.5, 0.3, 2.0, 0.3),
        "balanced": _weights(0.5, 0.3, 3.0, 0.5),  # the guide's default
        "vibrant": _weights(0.3, 0.2, 4.0, 1.0),
        "maximum": _weights(0.2, 0.2, 5.0, 1.5),
    }
)
"""The guide's weights by name; `weights: balanced` in a study file means that mapping."""

QUICK: Mapping[str, Any] = MappingProxyType(
    {
        "data.image_size": 32,
        "trainer.start_from": "baseline",
        "trainer.start_steps": 400,
        "trainer.steps": 200,
        "trainer.batch_size": 8,
        "trainer.learning_rate": 4e-3,
        "trainer.model_args.base_width": 8,
        # At 32 pixels the trained trunk has a single place, and cannot distinguish the trials.
        "trainer.perceptual_trunk": "random",
        "objective.lpips.trunk": "random",
        "objective.version": 1,
    }
)
"""What `--quick` changes: minutes on two cores instead of a night on a GPU."""

STUDY_PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType({"quick": QUICK})
"""Presets of a whole study, as dotted keys; they win over the file and lose to `--set`."""
