"""Records a response surface: real trainings over a grid of weights, a few seeds each.

    python benchmarks/record_surface.py OUT.csv [--photos DIR] [--seeds N] [--start-from baseline]

Trains every combination of three values of each of sepia-fix's four weights, at a size that a
laptop manages, and writes a line for each training: its weights, seed, and score after each
share of the steps. What the file has already is not trained again, so the command can
be interrupted. `benchmarks/search.py` searches on what it wrote.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from tuner.results import Trial, TrialResult
from tuner.results.events import CurvePoint, Event
from tuner.spec.study_file import load_study
from tuner.training.prepare import prepare
from tuner.training.trial_group import EVALUATE_AT, train_together

GRID = {
    "perceptual_weight": (0.25, 1.0, 4.0),
    "l_weight": (0.25, 1.0, 4.0),
    "ab_weight": (0.5, 2.0, 8.0),
    "saturation_weight": (0.1, 0.6, 4.0),
}
"""The start weights of sepia-fix are one of its corners or middles."""

SMALL = {
    "data.image_size": 32,
    "trainer.model_args.base_width": 8,
    "trainer.batch_size": 8,
    "trainer.learning_rate": 4e-3,
    "trainer.steps": 300,
}
TOGETHER = 9
"""Trainings between two writings of the file."""


def main() -> None:
    """Trains what is missing in the file."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("out", type=Path)
    options.add_argument("--photos", default="sample")
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--start-from", choices=("scratch", "baseline"), default="scratch")
    options.add_argument("--steps", type=int, default=SMALL["trainer.steps"])
    asked = options.parse_args()
    overrides = {
        **SMALL,
        "data.photos": asked.photos,
        "trainer.start_from": asked.start_from,
        "trainer.steps": asked.steps,
    }
    if asked.start_from == "baseline":
        overrides["trainer.start_steps"] = SMALL["trainer.steps"]
    with tempfile.TemporaryDirectory() as home:
        record(asked.out, overrides, asked.seeds, Path(home))


def record(out: Path, overrides: dict[str, object], seeds: int, home: Path) -> None:
    """Trains the grid, seed by seed, and appends a line for each training."""
    spec = load_study("sepia-fix", overrides)
    scores: dict[tuple[int, int], float] = {}

    def listen(event: Event) -> None:
        if isinstance(event, CurvePoint) and "heldout/score" in event.values:
            scores[event.number, event.step] = event.values["heldout/score"]

    setting = prepare(spec, home, home / "cache", {}, listen, lambda *_: None)
    (home / "starts").mkdir()
    for trials in missing(out, spec.trainer.steps, seeds):
        scores.clear()
        for result in train_together(trials, setting.context, lambda _: None):
            append(out, result, [_looked(scores, result.trial, share) for share in EVALUATE_AT])
        print(f"{trials[-1].seed}: {trials[-1].weights}", flush=True)


def missing(out: Path, steps: int, seeds: int) -> Iterator[Sequence[Trial]]:
    """The trainings that the file does not have, a few at a time."""
    done = set()
    if out.exists():
        with out.open(newline="", encoding="utf-8") as lines:
            done = {tuple(float(row[n]) for n in (*GRID, "seed")) for row in csv.DictReader(lines)}
    for seed in range(1, seeds + 1):
        wanted = [
            Trial(
                weights=dict(zip(GRID, values, strict=True)),
                seed=seed, steps=steps, role="candidate", number=number,
            )
            for number, values in enumerate(itertools.product(*GRID.values()))
            if (*values, float(seed)) not in done
        ]  # fmt: skip
        for first in range(0, len(wanted), TOGETHER):
            yield wanted[first : first + TOGETHER]


def append(out: Path, result: TrialResult, looks: Sequence[float]) -> None:
    """One line; a training that diverged or was rejected has its status."""
    new = not out.exists()
    with out.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            names = [f"score_{share:g}" for share in EVALUATE_AT]
            writer.writerow([*GRID, "seed", "status", *names])
        weights = [f"{result.trial.weights[name]:g}" for name in GRID]
        told = ["" if np.isnan(score) else f"{score:.5f}" for score in looks]
        writer.writerow([*weights, result.trial.seed, result.status, *told])


def _looked(scores: dict[tuple[int, int], float], trial: Trial, share: float) -> float:
    return scores.get((trial.number, round(share * trial.steps)), float("nan"))


if __name__ == "__main__":
    main()
