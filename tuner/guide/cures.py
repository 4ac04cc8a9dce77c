"""The guide's quick reference as data: what a symptom looks like, its cure, and its study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Symptom = Literal[
    "gray",
    "brightness",
    "sepia-cast",
    "purple-cast",
    "wrong-objects",
    "washed-out",
    "too-vibrant",
    "channel-balance",
    "bleeding",
]
"""What can be wrong with colorizations."""

HEALTHY = "healthy"
"""The result of a diagnosis where nothing is wrong."""


@dataclass(frozen=True)
class Cure:
    """A row of the guide.

    Attributes:
        problem: The guide's name of the problem.
        cure: What the guide changes.
        study: The study that makes this change, one weight at a time; None where no weight helps.
    """

    problem: str
    cure: str
    study: str | None


_CAST = Cure(
    "Purple/sepia tones",
    "lower perceptual_weight, raise ab_weight, raise saturation_weight",
    "sepia-fix",
)

CURES: Mapping[Symptom, Cure] = MappingProxyType(
    {
        "gray": Cure(
            "Gray output",
            "raise saturation_weight a lot, check if the model ends in a sigmoid",
            "gray-output",
        ),
        "brightness": Cure("Too bright/dark", "raise l_weight", "brightness"),
        "sepia-cast": _CAST,
        "purple-cast": _CAST,
        "wrong-objects": Cure("Wrong object colors", "raise perceptual_weight", "wrong-objects"),
        "washed-out": Cure(
            "Washed out colors", "raise saturation_weight, raise ab_weight", "washed-out"
        ),
        "too-vibrant": Cure(
            "Too vibrant (unrealistic)",
            "lower saturation_weight, raise perceptual_weight",
            "too-vibrant",
        ),
        "channel-balance": Cure(
            "Too much of one pair of colors (red/green, blue/yellow), not enough of the other",
            "raise the weight of the weak channel: a_weight for red/green, b_weight for "
            "blue/yellow",
            "channel-balance",
        ),
        "bleeding": Cure(
            "Colors beside the edges of things",
            "no weight of the loss moves colors back; look whether gray and color are cut and "
            "resized alike, and how the network upsamples",
            None,
        ),
    }
)
"""The guide's cure for each symptom; the last one is not in the guide."""

WILD = Cure("Wild colors", "raise perceptual_weight, lower ab_weight", "wild-colors")
"""The guide's second row for too much color: for colors that are noise, not only too strong."""
