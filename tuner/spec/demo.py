"""Recognizes the demo: a quick study that starts from deliberately bad weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TOLD = "Demo: deliberately bad start weights{}. Do not use its result."
DEMO = TOLD.format("")


def describe_demo(changed: Mapping[str, float]) -> str:
    """What the demo is, with the start weights that are bad on purpose, by name."""
    names = ", ".join(f"{name}={value:g}" for name, value in changed.items())
    return TOLD.format(f" ({names})")


def bad_start(spec: Mapping[str, Any]) -> dict[str, float]:
    """The start weights that `--quick` has made bad in a study, by name; none elsewhere.

    Args:
        spec: The study as it is recorded.
    """
    if spec.get("preset") != "quick":
        return {}
    quick = spec.get("quick", {})
    return {
        name: value
        for name, value in spec["weights"].items()
        if quick.get(f"weights.{name}") == value
    }
