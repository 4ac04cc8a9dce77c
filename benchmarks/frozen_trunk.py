"""What frozen layers that are computed once for all trials save a round of the demo.

    python benchmarks/frozen_trunk.py [--trials 4] [--turns 3]

A round of the demo (`sepia-fix --quick`, of which the last layer learns alone) on one core, in
turns: each network with frozen layers of its own, then all with those of the study. Scores have to
be equal to the last bit. Printed are seconds of computing, and how many times as fast.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

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
    ratios = []
    with tempfile.TemporaryDirectory() as home:
        shared = replace(bench_of(spec, Path(home)), threads=1)
        alone = replace(shared, recipe=replace(shared.recipe, trunk=None))
        for _ in range(asked.turns):
            before, expected = round_of(spec, alone, asked.trials)
            after, scores = round_of(spec, shared, asked.trials)
            assert scores == expected, (scores, expected)
            ratios.append(before / after)
            print(f"alone {before:.1f} s, shared {after:.1f} s, {before / after:.2f} times as fast")
    median = statistics.median(ratios)
    print(f"{median:.2f} times as fast ({min(ratios):.2f} to {max(ratios):.2f})")


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
