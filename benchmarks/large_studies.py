"""Large studies with a function in place of training, of which only the tuner's work is left.

    python benchmarks/large_studies.py trials|stages|weights|optuna 600

`trials`: four stages of many values. `stages`: many stages of six values of four weights.
`weights`: one stage of four values for each of many weights. `optuna`: the first in the loop of
`study.optimize`. Only `trials` has its journal and database on the disk.

It is run by `benchmarks/growth.py`, one process for each size.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from math import log

import numpy as np
import optuna

from tuner.results import Trial
from tuner.runner.run import run_study
from tuner.search.sampler import OneWeightAtATimeSampler
from tuner.spec.plan import make_plan
from tuner.spec.stage import StageSpec
from tuner.spec.study import StudySpec

NAMES = ("perceptual_weight", "l_weight", "ab_weight", "saturation_weight")
BEST = (-1.0, 0.0, 1.0, 2.0)
"""Logarithms of the best values of the first weights; the others change nothing."""

OUTSIDE = 21
"""Trials that are no first look at a value: baseline, repeats, confirmation."""


def main() -> None:
    """Runs one study of a kind and a size."""
    kind, size = sys.argv[1:]
    if kind == "optuna":
        optimize(large_study(int(size)))
        return
    spec = KINDS[kind](int(size))
    with tempfile.TemporaryDirectory() as home:
        run_study(spec, evaluate=scores, directory=home if kind == "trials" else None)


def optimize(spec: StudySpec) -> None:
    """Runs a study in Optuna's own loop."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = OneWeightAtATimeSampler.of_plan(make_plan(spec))
    study = optuna.create_study(sampler=sampler)
    ranges = sampler.distributions()

    def objective(trial: optuna.Trial) -> float:
        weights = {name: trial.suggest_float(name, at.low, at.high) for name, at in ranges.items()}
        attributes = trial.user_attrs
        asked = Trial(weights=weights, seed=attributes["seed"], steps=1, role=attributes["role"])
        return scores([asked.model_copy(update={"number": trial.number})])[0]

    study.optimize(objective)
    assert not sampler.missing(study), "it stops by itself, at its end"


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


def wide_study(weights: int) -> StudySpec:
    """One stage of four values for each of many weights."""
    names = [f"weight_{number}" for number in range(weights)]
    return StudySpec.model_validate(
        {
            "study": "wide",
            "weights": dict.fromkeys(names, 1.05),
            "stages": [
                {"vary": name, "values": np.geomspace(0.1, 10, 4).tolist(), "extend": False}
                for name in names
            ],
            "budget": {"max_trials": 12 * weights + 100},
        }
    )


def scores(trials: Sequence[Trial]) -> list[float]:
    """A score with an optimum for four weights, a share of the seed, and noise."""
    return [
        1.0
        + 0.05
        * sum((log(at) - best) ** 2 for best, at in zip(BEST, trial.weights.values(), strict=False))
        + float(np.random.default_rng([trial.seed, trial.number]).normal(0, 0.02))
        for trial in trials
    ]


KINDS = {"trials": large_study, "stages": long_study, "weights": wide_study}

if __name__ == "__main__":
    main()
