"""Whether networks come out the same by each engine of `trainer.engine`, on this device.

    python benchmarks/equality.py [--device cuda] [--image-size 128] [--base-width 32] [--json FILE]

Four networks of two seeds, each with weights of its own, are trained and scored by each engine.
Printed is the largest difference from the scores of the loop, beside that of the loop from itself
and that between two seeds. What an engine cannot do is told in its place.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from figures import device_name
from small_study import add_sizes, study_from_scratch
from throughput import bench_of

from tuner.results import Trial
from tuner.spec.trainer import Engine
from tuner.training.context import TrainingContext
from tuner.training.engine_obstacle import obstacle
from tuner.training.trial_group import train_together


def main() -> None:
    """Trains and prints."""
    options = argparse.ArgumentParser(description=__doc__)
    add_sizes(options)
    options.add_argument("--steps", type=int, default=100)
    options.add_argument("--json", type=Path, help="where to write the figures")
    asked = options.parse_args()
    spec = study_from_scratch(
        asked, {"trainer.perceptual_trunk": "random", "trainer.engine": "loop"}
    )
    print(device_name(asked.device))
    figures: dict[str, float | str] = {}
    with tempfile.TemporaryDirectory() as home:
        context = bench_of(spec, Path(home))
        trials = [
            Trial(
                weights={**spec.weights, "ab_weight": 1.0 + number},
                seed=1 + number % 2,
                steps=asked.steps,
                role="candidate",
                number=number,
            )
            for number in range(4)
        ]
        loop = scores(trials, context, "loop")
        figures["between two seeds"] = abs(loop[0] - loop[1])
        for engine in get_args(Engine):
            figures[engine] = difference(trials, context, engine, loop)
    for name, value in figures.items():
        told = value if isinstance(value, str) else f"{value:.2e}"
        print(f"largest difference of scores, {name:<20} {told}")
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


def difference(
    trials: Sequence[Trial], context: TrainingContext, engine: Engine, loop: Sequence[float]
) -> float | str:
    """The largest difference from the loop's scores, or why there is none."""
    reason = obstacle(engine, context)
    if reason:
        return f"not {engine}: {reason}"
    try:
        found = scores(trials, context, engine)
    except Exception as error:  # noqa: BLE001 - told in the place of the figure
        return f"not {engine}: {type(error).__name__}: {error}".splitlines()[0]
    return max(abs(mine - its) for mine, its in zip(found, loop, strict=True))


def scores(trials: Sequence[Trial], context: TrainingContext, engine: Engine) -> list[float]:
    """Of all trials, trained together."""
    results = train_together(trials, context.by(engine), lambda _result: None)
    return [float("nan") if one.score is None else one.score for one in results]


if __name__ == "__main__":
    main()
