"""Whether the components beyond the guide cure what its four weights do not.

    python benchmarks/beyond.py [--seeds 2]

Trains the network of the quick `beyond-the-guide` study on from its sepia start: with the ill start
weights, with the best values of the guide's four, and with a component beyond the guide added to
either. Prints means over the seeds; a tint below 4 is healthy.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import fmean

from throughput import bench_of

from tuner.results import Trial, TrialResult
from tuner.spec.study_file import load_study
from tuner.training.trial_group import train_together

BEST = {"perceptual_weight": 2.0, "l_weight": 3.0, "ab_weight": 8.0, "saturation_weight": 0.1}
"""What the quick `sepia-fix` exports."""

ADDED: tuple[dict[str, float], ...] = ({}, {"rare_color_weight": 5.0}, {"colorfulness_weight": 0.5})
MEASURES = ("tint", "chroma_ratio", "ab_correlation")


def main() -> None:
    """Trains and prints a line for each set of weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    seeds = range(1, parser.parse_args().seeds + 1)
    spec = load_study("beyond-the-guide", {}, preset="quick")
    sets = [
        {**start, **more} for start in (spec.weights, {**spec.weights, **BEST}) for more in ADDED
    ]
    trials = [
        Trial(weights=weights, seed=seed, steps=spec.trainer.steps, role="candidate", number=number)
        for number, (weights, seed) in enumerate((one, seed) for one in sets for seed in seeds)
    ]
    with tempfile.TemporaryDirectory() as folder:
        results = train_together(trials, bench_of(spec, Path(folder)), lambda _result: None)
    print("score  " + "  ".join(MEASURES))
    for weights in sets:
        print(_line([one for one in results if one.trial.weights == weights]))


def _line(results: list[TrialResult]) -> str:
    scores = [one.score for one in results if one.score is not None]
    means = [fmean(one.measures[name] for one in results) for name in MEASURES]
    weights = ", ".join(f"{name}={value:g}" for name, value in results[0].trial.weights.items())
    return f"{fmean(scores):.3f}  " + "  ".join(f"{mean:.2f}" for mean in means) + f"  {weights}"


if __name__ == "__main__":
    main()
