"""What 16 bits cost in truth, and what they save in time, on the device that is there.

    python benchmarks/precision.py [--device cuda] [--seeds 6] [--image-size 32] [--base-width 8]

The start weights of the quick study are trained with `trainer.precision` float32 and bfloat16, on
the same seeds, in turns. Printed are the mean difference of the scores, the spread of a score
between seeds, and how many times as fast a step is.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import fmean, stdev
from typing import get_args

from figures import device_name, median_and_range
from small_study import small_study
from throughput import bench_of

from tuner.results import Trial
from tuner.spec.study import StudySpec
from tuner.spec.trainer import Precision
from tuner.training.context import TrainingContext
from tuner.training.trial_group import train_together


def main() -> None:
    """Trains and prints."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", default="auto")
    options.add_argument("--seeds", type=int, default=6)
    options.add_argument("--steps", type=int, default=400)
    options.add_argument("--image-size", type=int, default=32)
    options.add_argument("--base-width", type=int, default=8)
    options.add_argument("--json", type=Path, help="where to write the figures")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as home:
        full, half = (bench_of(spec_of(asked, one), Path(home)) for one in get_args(Precision))
        pairs = [
            (scored(full, seed, asked.steps), scored(half, seed, asked.steps))
            for seed in range(1, asked.seeds + 1)
        ]
    differences = [score - other for (other, _), (score, _) in pairs]
    ratios = [seconds / others for (_, seconds), (_, others) in pairs]
    spread = stdev(score for (score, _), _ in pairs)
    print(device_name(asked.device))
    print(f"score with 16 bits, minus that with 32: {fmean(differences):.4f} on average")
    print(f"  seed by seed: {', '.join(f'{one:.4f}' for one in differences)}")
    print(f"spread of a score between seeds: {spread:.4f}")
    print(f"times as fast: {median_and_range(ratios)}")
    if asked.json:
        facts = {"differences": differences, "spread": spread, "times as fast": ratios}
        asked.json.write_text(json.dumps(facts, indent=2), encoding="utf-8")


def spec_of(asked: argparse.Namespace, precision: Precision) -> StudySpec:
    """The quick study in a precision."""
    return small_study(
        {
            "data.image_size": asked.image_size,
            "trainer.model_args.base_width": asked.base_width,
            "trainer.start_from": "scratch",
            "trainer.steps": asked.steps,
            "trainer.device": asked.device,
            "trainer.precision": precision,
            "trainer.engine": "loop",
        }
    )


def scored(context: TrainingContext, seed: int, steps: int) -> tuple[float, float]:
    """The score of a training with the start weights, and the seconds that it took."""
    trial = Trial(weights=context.warm_starts.weights, seed=seed, steps=steps, role="baseline")
    began = time.perf_counter()
    (result,) = train_together([trial], context, lambda _result: None)
    assert result.score is not None, result.reason
    return result.score, time.perf_counter() - began


if __name__ == "__main__":
    main()
