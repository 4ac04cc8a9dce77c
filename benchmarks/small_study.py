"""The study that benchmarks time: `sepia-fix --quick` as a small one, at 32 px and on bare tiles.

The demo's own settings follow what it has to show, so figures of it would not stay comparable.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Any, get_args

from tuner.guide.presets import QUICK
from tuner.spec.study import StudySpec
from tuner.spec.study_file import load_study
from tuner.spec.trainer import Precision

SMALL: Mapping[str, Any] = {
    **QUICK,
    "data.cells": 5,
    "data.surroundings": 0,
    "trainer.train_only": [],
    "weights.perceptual_weight": 1.0,
    "guardrails.learned_color": 0,  # networks of this size learn too little color to be tuned
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


def add_sizes(options: ArgumentParser) -> None:
    """Options of the device, the networks and the batches of `study_from_scratch`."""
    options.add_argument("--device", default="cpu")
    options.add_argument("--base-width", type=int, default=8)
    options.add_argument("--image-size", type=int, default=32)
    options.add_argument("--batch-size", type=int, default=8)
    options.add_argument("--precision", choices=get_args(Precision), default="float32")


def study_from_scratch(asked: Namespace, changes: Mapping[str, Any]) -> StudySpec:
    """The small study in the sizes that were asked for; its networks begin untrained."""
    return small_study(
        {
            "data.image_size": asked.image_size,
            "trainer.model_args.base_width": asked.base_width,
            "trainer.batch_size": asked.batch_size,
            "trainer.start_from": "scratch",
            "trainer.device": asked.device,
            "trainer.precision": asked.precision,
            **changes,
        }
    )
