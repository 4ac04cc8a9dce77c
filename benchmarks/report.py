"""How long the report of a large study takes, and how large it is.

    python benchmarks/report.py [--trials N] [--directory D]

Makes a study of about N trials with `run_study` and scores in place of training, gives every trial
the curves and measures that a real training tells, and then runs `tuner report`
on it as a process of its own. With a directory the study is kept there, and not made again.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from math import log
from pathlib import Path

import numpy as np
from PIL import Image

from tuner.events import CurvePoint, Event, TrialFinished
from tuner.journal.history import read_history
from tuner.journal.journal_file import JournalFile, read_entries
from tuner.journal.pictures import save_squares
from tuner.journal.sample_recorder import GRAY, PHOTO, last_squares
from tuner.results import Trial
from tuner.runner.run import run_study
from tuner.spec.stage import StageSpec
from tuner.spec.study import StudySpec

NAMES = ("perceptual_weight", "l_weight", "ab_weight", "saturation_weight")
POINTS = 50  # of each curve, as many as a long training tells
OUTSIDE = 21  # trials that are no first look at a value: baseline, repeats, confirmation


def main() -> None:
    """Measures and prints a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--trials", type=int, default=1000, help="about how many")
    options.add_argument("--directory", type=Path, help="where the study is kept")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        for name, value in measure(asked.directory or Path(passing), asked.trials).items():
            print(f"{name:<44} {value}")


def measure(home: Path, trials: int) -> dict[str, str | float]:
    """All figures, by name."""
    folder = home / "tuner-runs" / "large"
    if not folder.exists():
        run_study(large_study(trials), evaluate=scores, directory=home)
        furnish(folder)
    began, worked = time.perf_counter(), processor_seconds()
    command = [sys.executable, "-m", "tuner", "report", "--study", folder.name]
    subprocess.run(command, cwd=home, check=True, capture_output=True)
    seconds, worked = time.perf_counter() - began, processor_seconds() - worked
    return {
        "machine": f"{os.cpu_count()} cores",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "trials": len(read_history(folder).results),
        "lines of the journal": sum(1 for _ in read_entries(folder)),
        "tuner report, seconds": round(seconds, 1),
        "of a processor, seconds": round(worked, 1),
        "the page, MB": round((folder / "report.html").stat().st_size / 1e6, 1),
    }


def processor_seconds() -> float:
    """What commands that have ended used of a processor, however busy the machine was."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def large_study(trials: int) -> StudySpec:
    """Four weights in turn, with as many values each as fill the study."""
    values = max(2, (trials - OUTSIDE) // len(NAMES))
    stages = tuple(
        StageSpec(vary=name, values=tuple(np.geomspace(0.1, 10, values).tolist()), extend=False)
        for name in NAMES
    )
    return StudySpec.model_validate(
        {
            "study": "large",
            "weights": dict.fromkeys(NAMES, 1.05),
            "stages": stages,
            "budget": {"max_trials": trials},
        }
    )


def scores(trials: Sequence[Trial]) -> list[float]:
    """A score with an optimum for each weight, a share of the seed, and noise."""
    return [
        1.0
        + 0.05 * sum((log(trial.weights[name]) - at) ** 2 for at, name in enumerate(NAMES, -1))
        + float(np.random.default_rng([trial.seed, trial.number]).normal(0, 0.02))
        for trial in trials
    ]


def furnish(folder: Path) -> None:
    """Writes the journal again, with curves, measures and pictures as a training tells them."""
    events = [entry.event for entry in read_entries(folder)]
    (folder / "journal.jsonl").unlink()
    rough = np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3), np.uint8)
    squares = np.stack([np.asarray(Image.fromarray(one).resize((128, 128))) for one in rough])
    for path in (folder / GRAY, folder / PHOTO):
        save_squares(path, squares)
    with JournalFile(folder) as journal:
        for event in events:
            if isinstance(event, TrialFinished):
                number = event.result.trial.number
                last_squares(folder, number).parent.mkdir(parents=True)
                shutil.copyfile(folder / GRAY, last_squares(folder, number))
                for step in range(POINTS):
                    journal.append(curve_point(number, step))
            journal.append(measured(event))


def curve_point(number: int, step: int) -> CurvePoint:
    """What the built-in trainer tells about the loss."""
    names = ("perceptual", "l_luminance", "ab_chrominance", "saturation")
    values = {f"{part}/{name}": 0.25 for part in ("loss", "share") for name in names}
    return CurvePoint(number=number, step=step, values={"loss/total": 1.0, **values})


def measured(event: Event) -> Event:
    """The event with the numbers that the held-out photos would give."""
    if not isinstance(event, TrialFinished):
        return event
    random = np.random.default_rng(event.result.trial.number)
    names = ("lpips", "colorfulness_gap", "colorfulness", "chroma_ratio", "cast")
    measures = dict(zip(names, random.uniform(0.1, 1.0, len(names)).tolist(), strict=True))
    return event.model_copy(
        update={"result": event.result.model_copy(update={"measures": measures})}
    )


if __name__ == "__main__":
    main()
