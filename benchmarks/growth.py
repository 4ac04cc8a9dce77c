"""How the time and memory of commands grow with the trials of a study.

    python benchmarks/growth.py [--trials 625 1250 2500 5000] [--studies 150 300 600 1200 2400]
        [--stages 12 24 48 96] [--weights 8 16 32 64] [--optuna 150 300 600 1200 2400]
        [--photos 100 1000 10000 100000] [--workers 1 4 16]

For each number of trials a journal is made up, of 40 kB a trial, as a long training records it.
`tuner status`, `tuner show` and `tuner report` read it, each as a process of its own. Then whole
studies are run with a function in place of training, so that all that is left is the tuner's work
(`benchmarks/large_studies.py`), the last in the loop of `study.optimize`. At last photos of 44
pixels are made up, found, judged, split and cut (`benchmarks/many_photos.py`), and SQL statements
of a shared study are counted by the number of its workers (`benchmarks/many_workers.py`). An
exponent of 1 is proportional growth; it is that from each size to the next larger one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from math import log
from pathlib import Path

import numpy as np
from large_studies import large_study, scores
from PIL import Image

from tuner.journal.event_json import as_line
from tuner.journal.journal_file import JournalFile
from tuner.journal.pictures import save_squares
from tuner.journal.sample_recorder import GRAY, PHOTO, last_squares
from tuner.results import Comparison, Noise, Role, StageResult, Trial, TrialResult
from tuner.results.events import (
    BaselineFinished,
    CurvePoint,
    Event,
    StageFinished,
    StudyFinished,
    TrainingPrepared,
    TrialFinished,
    TrialStarted,
)
from tuner.runner.lifecycle import opening_event
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec

PARTS = ("perceptual", "l_luminance", "ab_chrominance", "saturation")
MEASURES = ("lpips", "colorfulness_gap", "colorfulness", "chroma_ratio", "cast")
POINTS = 100
"""Of each trial's curves, 400 bytes each."""

SHARED_TRIALS = 50
"""The budget of the study that workers share."""

NOISE = Noise(sd=0.02, degrees=8, spread=0.02)
COMMANDS = ("status", "show", "report")
STUDIES = Path(__file__).with_name("large_studies.py")


def main() -> None:
    """Measures and prints a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--trials", type=int, nargs="*", default=[625, 1250, 2500, 5000])
    options.add_argument("--studies", type=int, nargs="*", default=[150, 300, 600, 1200, 2400])
    options.add_argument("--stages", type=int, nargs="*", default=[12, 24, 48, 96])
    options.add_argument("--weights", type=int, nargs="*", default=[8, 16, 32, 64])
    options.add_argument("--optuna", type=int, nargs="*", default=[150, 300, 600, 1200, 2400])
    options.add_argument("--photos", type=int, nargs="*", default=[100, 1000, 10000, 100000])
    options.add_argument("--workers", type=int, nargs="*", default=[1, 4, 16])
    options.add_argument("--json", type=Path, help="where to write the figures")
    asked = options.parse_args()
    figures: dict[str, object] = {
        "machine": f"{os.cpu_count()} cores",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        **read_journals(asked.trials),
        **run_studies("trials", asked.studies),
        **run_studies("stages", asked.stages),
        **run_studies("weights", asked.weights),
        **run_studies("optuna", asked.optuna),
        **cut_photos(asked.photos),
        **share_trials(asked.workers),
    }
    for name, value in figures.items():
        print(f"{name:<32} {value}")
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


def read_journals(sizes: Sequence[int]) -> dict[str, object]:
    """Seconds of computing of each command, by number of trials."""
    seconds: dict[str, dict[int, float]] = {command: {} for command in COMMANDS}
    for trials in sizes:
        with tempfile.TemporaryDirectory() as home:
            make_up(Path(home), trials)
            for command in COMMANDS:
                seconds[command][trials], _ = computed([*TUNER, command, "--study", "large"], home)
    return told("tuner {}, seconds", seconds)


def run_studies(kind: str, sizes: Sequence[int]) -> dict[str, object]:
    """Seconds of computing and memory of whole studies, by number of trials or stages."""
    seconds: dict[int, float] = {}
    megabytes: dict[int, float] = {}
    for size in sizes:
        command = [sys.executable, str(STUDIES), kind, str(size)]
        seconds[size], megabytes[size] = computed(command, ".")
    return told(f"run_study(evaluate) of {kind}, {{}}", {"seconds": seconds, "MB": megabytes})


def cut_photos(sizes: Sequence[int]) -> dict[str, object]:
    """Seconds of computing of each step, and memory, by number of photos."""
    from many_photos import steps_of  # imports torch, which the studies above do not need

    table: dict[str, dict[int, float]] = {}
    for photos in sizes:
        for step, value in steps_of(photos).items():
            table.setdefault(step, {})[photos] = value
    return told("photos, {}", table)


def share_trials(sizes: Sequence[int]) -> dict[str, object]:
    """Trials of a shared study and SQL statements for each, by number of workers."""
    from many_workers import statements_of

    table: dict[str, dict[int, float]] = {}
    for workers in sizes:
        figures = statements_of(workers, SHARED_TRIALS)
        for name in ("trials", "statements a trial"):
            table.setdefault(name, {})[workers] = figures[name]
    return told("a shared study by workers, {}", table)


TUNER = (sys.executable, "-m", "tuner")


def computed(command: Sequence[str], home: str) -> tuple[float, float]:
    """Seconds of a processor and MB of memory that a command takes, however busy the machine is."""
    process = subprocess.Popen(command, cwd=home, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return round(used.ru_utime + used.ru_stime, 2), round(used.ru_maxrss / 1000)


def told(name: str, table: Mapping[str, Mapping[int, float]]) -> dict[str, object]:
    """The rows of a table, each with its exponents."""
    figures: dict[str, object] = {}
    for row, values in table.items():
        figures[name.format(row)] = dict(values)
        figures[f"  exponents of {row}"] = exponents(values)
    return figures


def exponents(values: Mapping[int, float]) -> list[float]:
    """The exponent of growth from each size to the next."""
    return [
        round(log(values[large] / values[small]) / log(large / small), 2)
        for small, large in pairwise(sorted(values))
    ]


def make_up(home: Path, trials: int) -> None:
    """Writes the journal of a study that was never trained, and pictures for its report."""
    folder = home / "tuner-runs" / "large"
    spec = large_study(trials)
    with JournalFile(folder) as journal:
        for at, event in enumerate(events(spec, trials)):
            journal.append_line(as_line(event, 1.7e9 + at), through=False)
    rough = np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3), np.uint8)
    squares = np.stack([np.asarray(Image.fromarray(one).resize((128, 128))) for one in rough])
    last_squares(folder, 0).parent.mkdir(parents=True)
    for path in (folder / GRAY, folder / PHOTO, last_squares(folder, 0)):
        save_squares(path, squares)


def events(spec: StudySpec, count: int) -> Iterator[Event]:
    """Baseline, stages and confirmation, with all that a trainer records of a trial."""
    plan = make_plan(spec)
    yield opening_event(spec, plan, "0" * 32)
    yield TrainingPrepared(facts={"trainer": "builtin"})
    start, numbers = dict(spec.weights), iter(range(count))
    for seed in plan.baseline_seeds:
        yield from trained(start, seed, "baseline", next(numbers))
    yield BaselineFinished(noise=NOISE)
    for number, stage in enumerate(spec.stages, 1):
        tried = [value for value in stage.values or () if value != start[stage.vary]]
        for value in tried:
            weights = {**start, stage.vary: value}
            yield from trained(weights, 1, "candidate", next(numbers), number, stage.vary)
        yield StageFinished(stage=judged(number, stage.vary, tried), incumbent=start, noise=NOISE)
    for seed, at in enumerate(numbers, 1000):
        yield from trained(start, seed, "confirmation", at)
    yield StudyFinished(best_weights=start, incumbent_weights=start, confirmation=None, noise=NOISE)


def trained(
    weights: Mapping[str, float], seed: int, role: Role, number: int, stage: int = 0,
    varied: str | None = None,
) -> Iterator[Event]:  # fmt: skip
    """One trial with its curves."""
    trial = Trial(
        weights=weights, seed=seed, steps=5000, role=role, stage=stage, varied=varied, number=number
    )
    yield TrialStarted(trial=trial)
    values = {f"{part}/{name}": 0.251234567 for part in ("loss", "share") for name in PARTS}
    for step in range(POINTS):
        yield CurvePoint(number=number, step=50 * step, values={"loss/total": 1.01, **values})
    random = np.random.default_rng(number)
    measures = dict(zip(MEASURES, random.uniform(0.1, 1.0, len(MEASURES)).tolist(), strict=True))
    (score,) = scores([trial])
    yield TrialFinished(
        result=TrialResult(trial=trial, status="complete", score=score, measures=measures)
    )


def judged(number: int, varied: str, tried: Sequence[float]) -> StageResult:
    """A stage that keeps its start value."""
    comparison = Comparison(
        before=1.0, after=1.0, gain=0.0, low=-0.02, high=0.02, confidence=0.8, seeds=(1, 2, 3),
        verdict="no difference",
    )  # fmt: skip
    return StageResult(
        number=number, varied=varied, because="to see it grow", start=1.05, chosen=1.05,
        best_tried=tried[0], tried=tuple((value, 1.0) for value in sorted(tried)),
        comparison=comparison,
    )  # fmt: skip


if __name__ == "__main__":
    main()
