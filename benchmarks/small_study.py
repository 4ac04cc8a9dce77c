"""The study that benchmarks time: `sepia-fix --quick` as a small one, at 32 px and on bare tiles.

The demo's own settings follow what it has to show, so figures of it would not stay comparable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.guide.presets import QUICK
from tuner.spec.study import StudySpec
from tuner.spec.study_file import load_study

SMALL: Mapping[str, Any] = {
    **QUICK,
    "data.cells": 5,
    "data.surroundings": 0,
    "trainer.train_only": [],
    "weights.perceptual_weight": 1.0,
}
"""What is changed in the study, by dotted keys."""

WORDS = (
    *("--study", "sepia-fix", "--quick"),
    *(word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")),
)
"""The same as options of `tuner run`."""


def small_study(changes: Mapping[str, Any] | None = None, study: str = "sepia-fix") -> StudySpec:
    """The small study, or another study as small.

    Args:
        changes: More dotted keys, which win.
    """
    return load_study(study, {**SMALL, **(changes or {})}, preset="quick")
