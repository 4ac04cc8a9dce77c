"""What frozen layers that are computed once for all trials save a round of the demo.

    python benchmarks/frozen_trunk.py [--trials 4] [--turns 3]

A round of the demo (`sepia-fix --quick`, of which the last layer learns alone) on one core, in
turns: each network with frozen layers of its own, then all with those of the study, in the first
round of a seed and in a later one, which finds the batches kept. Scores have to be equal to the
last bit. Printed are seconds of computing, and how many times as fast.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from figures import median_and_range
from throughput import bench_of

from tuner.results import Trial
from tuner.spec.study import StudySpec
from tuner.spec.study_file import load_study
from tuner.training.context import TrainingContext
from tuner.training.trial_group import train_together


def main() -> None:
    """Measures and prints a line for each turn."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--trials", type=int, default=4)
    options.add_argument("--turns", type=int, default=3)
    asked = options.parse_args()
    spec = load_study("sepia-fix", preset="quick")
    first_rounds, later_rounds = [], []
    with tempfile.TemporaryDirectory() as home:
        bench = replace(bench_of(spec, Path(home)), threads=1)
        alone = replace(bench, recipe=replace(bench.recipe, trunk=None))
        for _ in range(asked.turns):
            shared = replace(bench)  # nothing is kept
            before, expected = round_of(spec, alone, asked.trials)
            first, scores = round_of(spec, shared, asked.trials)
            later, again = round_of(spec, shared, asked.trials)
            assert scores == again == expected, (scores, again, expected)
            first_rounds.append(before / first)
            later_rounds.append(first / later)
            print(f"alone {before:.1f} s, shared {first:.1f} s, in a later round {later:.1f} s")
    print(f"shared, {median_and_range(first_rounds)} times as fast as alone")
    print(f"in a later round, {median_and_range(later_rounds)} times as fast as in the first")


def round_of(
    spec: StudySpec, context: TrainingContext, trials: int
) -> tuple[float, list[float | None]]:
    """Seconds of computing of a round, and its scores."""
    asked = [
        Trial(
            weights={**spec.weights, "ab_weight": 0.05 * 2**number},
            seed=1,
            steps=spec.trainer.steps,
            role="candidate",
            number=number,
        )
        for number in range(trials)
    ]
    context.starts.clear()
    began = time.process_time()
    results = train_together(asked, context, lambda _result: None)
    return time.process_time() - began, [result.score for result in results]


if __name__ == "__main__":
    main()
