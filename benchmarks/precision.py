"""What 16 bits cost in truth, and what they save in time, on the device that is there.

    python benchmarks/precision.py [--device cuda] [--seeds 6] [--image-size 32] [--base-width 8]

The start weights of the quick study are trained with `trainer.precision` float32 and bfloat16, on
the same seeds. Printed are the mean difference of the scores, the spread of a score between seeds,
and how many times as fast a step is.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import fmean, median, stdev

from figures import device_name
from throughput import bench_of

from tuner.results import Trial
from tuner.study import Precision
from tuner.study_file import load_study
from tuner.training.engine import train_together


def main() -> None:
    """Trains and prints."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", default="auto")
    options.add_argument("--seeds", type=int, default=6)
    options.add_argument("--steps", type=int, default=400)
    options.add_argument("--image-size", type=int, default=32)
    options.add_argument("--base-width", type=int, default=8)
    asked = options.parse_args()
    full, half = (scores(asked, precision) for precision in ("float32", "bfloat16"))
    differences = [score - other for (score, _), (other, _) in zip(half, full, strict=True)]
    ratios = [seconds / others for (_, seconds), (_, others) in zip(full, half, strict=True)]
    spread = stdev(score for score, _ in full)
    print(device_name(asked.device))
    print(f"score with 16 bits, minus that with 32: {fmean(differences):.4f} on average")
    print(f"  seed by seed: {', '.join(f'{one:.4f}' for one in differences)}")
    print(f"spread of a score between seeds: {spread:.4f}")
    print(f"times as fast: {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def scores(asked: argparse.Namespace, precision: Precision) -> list[tuple[float, float]]:
    """The score of each seed, and the seconds that its training took."""
    spec = load_study(
        "sepia-fix",
        {
            "data.image_size": asked.image_size,
            "trainer.model_args.base_width": asked.base_width,
            "trainer.start_from": "scratch",
            "trainer.steps": asked.steps,
            "trainer.device": asked.device,
            "trainer.precision": precision,
        },
        preset="quick",
    )
    found = []
    with tempfile.TemporaryDirectory() as home:
        bench = bench_of(spec, Path(home))
        for seed in range(1, asked.seeds + 1):
            trial = Trial(weights=spec.weights, seed=seed, steps=asked.steps, role="baseline")
            began = time.perf_counter()
            (result,) = train_together([trial], bench, lambda _result: None)
            assert result.score is not None, result.reason
            found.append((result.score, time.perf_counter() - began))
    return found


if __name__ == "__main__":
    main()
