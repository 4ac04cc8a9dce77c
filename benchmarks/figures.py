"""Figures by name, printed as a table and written for programs."""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import torch

from tuner.training.device import choose_device, cores

Figures = Mapping[str, str | float]


def report(description: str | None, measure: Callable[[Path], Figures]) -> None:
    """Measures in an empty folder, which goes afterwards, and tells what came of it.

    Args:
        description: Of the command.
        measure: Is handed the folder.
    """
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--json", type=Path, help="where to write the figures")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as home:
        figures = {**_here(), **measure(Path(home))}
    for name, value in figures.items():
        print(f"{name:<44} {value}")
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


def median_and_range(values: Sequence[float]) -> str:
    """The median of some values, and from which to which they reach."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def device_name(asked: str) -> str:
    """What is computed on, in words.

    Args:
        asked: As a study asks for it.
    """
    device = choose_device(asked)
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, torch {torch.__version__}"
    machine = platform.processor() or platform.machine()
    return f"{machine}, {cores()} cores, torch {torch.__version__}"


def _here() -> Figures:
    machine = platform.processor() or platform.machine()
    return {"machine": f"{machine}, {cores()} cores", "date": f"{datetime.now(UTC):%Y-%m-%d}"}
