"""Whether one process that runs study after study keeps its memory, file handles and threads.

    python benchmarks/soak.py [--minutes 30] [--mlflow] [--json FILE]

Studies of two steps a training are trained for real, one after the other: photos cut, networks and
loss built, journal, database and pictures written, the report made, and everything closed. Each has
a folder of its own that is removed behind it. After each study the process is measured. Flat is: in
the last quarter as many file handles, threads and child processes as in the second one, by their
medians, and at most 2 % more memory. The first quarter fills caches. Exits with 1 where it is not.
With `--mlflow` each study is sent to an MLflow in its folder; events that it lacks are counted.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from threading import active_count

import numpy as np
from PIL import Image
from trained_study import trained_study

from tuner.journal.history_builder import read_history
from tuner.journal.journal_file import count_entries
from tuner.journal.workspace import Workspace
from tuner.reporting.page.render import write_report
from tuner.runner.run import run_study
from tuner.spec.study import StudySpec
from tuner.spec.study_file import load_study
from tuner.tracking.sync_state import last_report

MEMORY = 1.02
"""Times as much memory in the last quarter as in the second one, at most."""


@dataclass(frozen=True)
class Sample:
    """What the process held after a study."""

    seconds: float
    megabytes: float
    handles: int
    threads: int
    children: int
    unsent: int


def main() -> None:
    """Runs studies for some minutes, and prints what the process held."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=30.0)
    options.add_argument("--mlflow", action="store_true", help="record each study in MLflow")
    options.add_argument("--json", type=Path, help="where to write the samples")
    asked = options.parse_args()
    samples = soaked(60 * asked.minutes, record=asked.mlflow)
    quarters = split_in_four(samples)
    for name, quarter in zip(("first", "second", "third", "last"), quarters, strict=True):
        print(f"{name:<8} {described(quarter)}")
    grown = growing(quarters)
    print(f"{len(samples)} studies in {samples[-1].seconds / 60:.1f} minutes: {grown or 'flat'}")
    print(f"{platform.machine()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}")
    if asked.json:
        asked.json.write_text(json.dumps([asdict(one) for one in samples]), encoding="utf-8")
    sys.exit(1 if grown else 0)


def soaked(seconds: float, *, record: bool) -> list[Sample]:
    """Runs one study after the other, four at least, and measures after each."""
    began, samples = time.monotonic(), list[Sample]()
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "soak.yaml"
        draw_photos(Path(place) / "photos")
        file.write_text(trained_study("soak", 2, str(Path(place) / "photos")), encoding="utf-8")
        spec = load_study(str(file))
        while len(samples) < 4 or time.monotonic() - began < seconds:
            unsent = run_once(spec, place, record=record)
            samples.append(sample(time.monotonic() - began, unsent))
    return samples


def draw_photos(folder: Path) -> None:
    """Eight small colorful pictures."""
    folder.mkdir()
    for seed in range(8):
        rough = np.random.default_rng(seed).integers(0, 256, (6, 9, 3), np.uint8)
        smooth = Image.fromarray(rough).resize((96, 80), Image.Resampling.BICUBIC)
        smooth.save(folder / f"{seed}.png")


def run_once(spec: StudySpec, place: str, *, record: bool) -> int:
    """One study from its photos to its report, and once more, when nothing is left to do.

    Returns:
        How many events were to be sent to MLflow and are not there.
    """
    with tempfile.TemporaryDirectory(dir=place) as home:
        for _ in range(2):
            run_study(spec, directory=home, record=record)
        folder = Workspace(Path(home)).folder(spec.study)
        write_report(folder, read_history(folder), None)
        if not record:
            return 0
        report = last_report(folder)
        return report.pending if report else count_entries(folder)


def sample(seconds: float, unsent: int) -> Sample:
    """Measures this process; Linux only."""
    gc.collect()
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    kilobytes = int(status.partition("VmRSS:")[2].split()[0])
    tasks = Path("/proc/self/task")
    children = [(task / "children").read_text(encoding="utf-8").split() for task in tasks.iterdir()]
    return Sample(
        seconds=round(seconds, 1),
        megabytes=round(kilobytes / 1000, 1),
        handles=len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - names are enough
        threads=max(active_count(), len(list(tasks.iterdir()))),
        children=sum(map(len, children)),
        unsent=unsent,
    )


def split_in_four(samples: Sequence[Sample]) -> list[Sequence[Sample]]:
    """The samples in four parts of equal length, in order."""
    ends = [len(samples) * quarter // 4 for quarter in range(5)]
    return [samples[start:end] for start, end in pairwise(ends)]


def described(quarter: Sequence[Sample]) -> str:
    """The medians of a part."""
    held = ", ".join(
        f"{median(getattr(one, name) for one in quarter):g} {name}"
        for name in ("megabytes", "handles", "threads", "children", "unsent")
    )
    return f"{len(quarter):>4} studies: {held}"


def growing(quarters: Sequence[Sequence[Sample]]) -> str:
    """What the process held more of in the last quarter than in the second; empty if nothing."""
    _, before, _, after = quarters
    limits = {"megabytes": MEMORY, "handles": 1.0, "threads": 1.0, "children": 1.0, "unsent": 1.0}
    return ", ".join(
        f"more {name}"
        for name, times in limits.items()
        if median(getattr(one, name) for one in after)
        > times * median(getattr(one, name) for one in before)
    )


if __name__ == "__main__":
    main()
