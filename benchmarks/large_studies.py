"""Large studies with a function in place of training, of which only the tuner's work is left.

    python benchmarks/large_studies.py trials 600

It is run by `benchmarks/growth.py`, one process for each size.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from math import log

import numpy as np

from tuner.results import Trial
from tuner.runner.run import run_study
from tuner.spec.stage import StageSpec
from tuner.spec.study import StudySpec

NAMES = ("perceptual_weight", "l_weight", "ab_weight", "saturation_weight")
OUTSIDE = 21
"""Trials that are no first look at a value: baseline, repeats, confirmation."""


def main() -> None:
    """Runs one study of a kind and a size."""
    kind, size = sys.argv[1:]
    with tempfile.TemporaryDirectory() as home:
        run_study(KINDS[kind](int(size)), evaluate=scores, directory=home)


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


def long_study(stages: int) -> StudySpec:
    """Four weights in turn, six values each, again and again."""
    varied = [NAMES[number % len(NAMES)] for number in range(stages)]
    spec = large_study(OUTSIDE).model_dump(exclude={"stages", "budget"})
    return StudySpec.model_validate(
        {
            **spec,
            "stages": [
                {
                    "vary": name,
                    "values": (np.geomspace(0.1, 10, 6) * 1.001**number).tolist(),
                    "extend": False,
                }
                for number, name in enumerate(varied)
            ],
            "budget": {"max_trials": 12 * stages},
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


KINDS = {"trials": large_study, "stages": long_study}

if __name__ == "__main__":
    main()
