"""Records a response surface: real trainings over a grid of weights, a few seeds each.

    python benchmarks/record_surface.py OUT.csv [--photos DIR] [--seeds N]

Trains every combination of three values of each of the four weights, as `sepia-fix --quick` trains:
the last layer of a network that paints sepia, scored by the trained trunk. It writes a line for
each training: its weights, its seed, its score after each share of the steps, what version 1 of the
score with a random trunk says of the same predictions, and three measures of them. What the file
has already is not trained again, so the command can be interrupted. `benchmarks/search.py` and
`pruning.py` use what it wrote, and `noise_by_place.py` compares the two judges.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from tuner.color.perceptual import PerceptualDistance
from tuner.color.score import PhotoScores, Scorer
from tuner.results import Trial, TrialResult
from tuner.spec.study import StudySpec
from tuner.spec.study_file import load_study
from tuner.training.context import TrainingContext
from tuner.training.prepare import prepare
from tuner.training.trial_group import EVALUATE_AT, train_together

GRID = {
    "perceptual_weight": (0.1, 0.5, 2.5),
    "l_weight": (0.3, 2.5, 20.0),
    "ab_weight": (0.05, 0.6, 7.0),
    "saturation_weight": (0.1, 0.6, 4.0),
}
"""The start weights of `sepia-fix --quick` are one of its corners; what that study exports is
between its values, or within a third beyond."""

TOGETHER = 9
"""Trainings between two writings of the file."""

EARLIER = "version_1_random_trunk"
MEASURES = (EARLIER, "tint", "chroma_ratio", "ab_correlation")


class TwoJudges(Scorer):
    """The judge of a study, which also tells what version 1 with a random trunk says."""

    def __init__(self, context: TrainingContext, spec: StudySpec) -> None:
        photos, trained = context.heldout.rgb, context.scorer.perceptual
        super().__init__(photos, spec.objective, spec.guardrails, trained)
        earlier = spec.objective.model_copy(update={"version": 1})
        random = PerceptualDistance(spec.objective.lpips.net, "random", context.device)
        self._earlier = Scorer(photos, earlier, spec.guardrails, random)

    def score(self, predictions: Tensor) -> PhotoScores:
        """Scores one prediction of every photo, by both."""
        scores = super().score(predictions)
        earlier = {EARLIER: self._earlier.score(predictions).value}
        return replace(scores, measures={**scores.measures, **earlier})


def main() -> None:
    """Trains what is missing in the file."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("out", type=Path)
    options.add_argument("--photos", default="sample")
    options.add_argument("--seeds", type=int, default=3)
    asked = options.parse_args()
    spec = load_study("sepia-fix", {"data.photos": asked.photos}, preset="quick")
    with tempfile.TemporaryDirectory() as home:
        record(asked.out, spec, asked.seeds, Path(home))


def record(out: Path, spec: StudySpec, seeds: int, home: Path) -> None:
    """Trains the grid, seed by seed, and appends a line for each training."""
    context = prepare(spec, home, home / "cache", {}, lambda _: None, lambda *_: None).context
    context = replace(context, scorer=TwoJudges(context, spec))
    (home / "starts").mkdir()
    for trials in missing(out, spec.trainer.steps, seeds):
        for result in train_together(trials, context, lambda _: None):
            append(out, result)
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


def append(out: Path, result: TrialResult) -> None:
    """One line; a training that diverged or was rejected has its status."""
    new = not out.exists()
    trial, scores = result.trial, {one.step: one.score for one in result.evaluations}
    on_the_way = [scores.get(round(share * trial.steps)) for share in EVALUATE_AT]
    told = [*on_the_way, *map(result.measures.get, MEASURES)]
    with out.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            names = [f"score_{share:g}" for share in EVALUATE_AT]
            writer.writerow([*GRID, "seed", "status", *names, *MEASURES])
        weights = [f"{trial.weights[name]:g}" for name in GRID]
        numbers = ["" if value is None else f"{value:.5g}" for value in told]
        writer.writerow([*weights, trial.seed, result.status, *numbers])


if __name__ == "__main__":
    main()
