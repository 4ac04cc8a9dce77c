"""Weightings of the loss that need no search; a study can be compared with them.

They compute the weights in every step (`tuner.color.weightings`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Unsearched = Literal["rlw", "uw-so", "balancer", "aligned-hpo"]
"""The name of a weighting in studies and commands."""

UNSEARCHED: Mapping[str, str] = {
    "rlw": "random loss weighting",
    "uw-so": "softmax uncertainty weighting",
    "balancer": "EnCodec's loss balancer",
    "aligned-hpo": "weights learned against the score",
}
"""Each weighting with its full name."""
