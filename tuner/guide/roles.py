"""Which part of the guide's loss a weight of another loss plays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal, get_args

Role = Literal["perceptual", "l", "ab", "saturation", "a", "b"]
"""Parts of the guide's loss; each is the name of a weight without `_weight`."""

ROLES: tuple[Role, ...] = get_args(Role)

LIKELY: Mapping[Role, tuple[str, ...]] = {
    "perceptual": ("perceptual", "percep", "lpips", "vgg", "feature", "content", "semantic",
                   "gan", "adv", "adversarial"),
    "ab": ("ab", "chroma", "chrominance", "color", "l1", "pixel", "pix", "mse", "l2", "huber"),
    "saturation": ("saturation", "sat", "colorfulness", "vibrancy"),
    "l": ("luminance", "luma", "lightness", "brightness"),
}  # fmt: skip
"""Words in the name of a weight that suggest its part, the likeliest part first."""


def weight_of(role: Role) -> str:
    """The weight of the guide's loss that a role stands for."""
    return f"{role}_weight"


def likely_role(name: str) -> Role | None:
    """The part that the name of a weight suggests; None where it suggests none."""
    words = set(re.split(r"[_\W]+", name.lower()))
    if name.lower() in ("l", "l_weight"):
        return "l"
    return next((role for role, known in LIKELY.items() if words & set(known)), None)


def likely_roles(names: Iterable[str]) -> dict[str, Role]:
    """The parts that the names of weights suggest; those that suggest none are left out."""
    found = {name: likely_role(name) for name in names}
    return {name: role for name, role in found.items() if role is not None}
