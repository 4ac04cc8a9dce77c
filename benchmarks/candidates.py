"""What `confirm: {candidates}` finds where short trainings do not speak for long ones.

    python benchmarks/candidates.py [--studies N]

Whole studies of four weights, training replaced by truth + seed + noise. Long trainings have their
optimum elsewhere than short ones: by 0 or 1 e-folds (standard deviation, of each weight). Or
nothing matters any more after a long training, so that every claim is false.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np

from tuner.results import Trial, TrialResult
from tuner.search.procedure import run_procedure
from tuner.spec.plan import Plan, make_plan
from tuner.spec.stage import StageSpec
from tuner.spec.study import StudySpec

NAMES = ("first", "second", "third", "fourth")
SHORT, LONG = 100, 800
NOISE, SHARED, DEPTH, REACH = 0.03, 0.1, 0.05, 1.3

Optima = Sequence[float] | None


@dataclass
class World:
    """Scores with a known truth.

    Attributes:
        number: Of the study; decides what seeds and trainings owe to luck.
        optima: Logarithm of each weight's best value, by steps; None where nothing matters.
        trained: All trials so far.
    """

    number: int
    optima: Mapping[int, Optima]
    trained: list[Trial] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shared = np.random.default_rng(self.number).normal(0.0, SHARED, 1000)

    def truth(self, weights: Mapping[str, float], steps: int) -> float:
        """The score without noise."""
        optima = self.optima[steps]
        if optima is None:
            return 1.0
        distances = [log(weights[name]) - best for name, best in zip(NAMES, optima, strict=True)]
        return 1.0 + DEPTH * sum(min(distance**2, 3.0) for distance in distances)

    def train(self, trials: Sequence[Trial]) -> list[TrialResult]:
        """What training would return."""
        self.trained.extend(trials)
        return [TrialResult(trial=t, status="complete", score=self._score(t)) for t in trials]

    def _score(self, trial: Trial) -> float:
        """The same training has the same luck, so that rows differ by what is asked for alone."""
        key = (trial.seed, trial.steps, *(round(1e6 * w) for w in trial.weights.values()))
        luck = np.random.default_rng((self.number, *key)).normal(0.0, NOISE)
        return self.truth(trial.weights, trial.steps) + float(self.shared[trial.seed]) + luck


def main() -> None:
    """Prints a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--studies", type=int, default=300, help="simulated studies a row")
    studies = options.parse_args().studies
    print(
        f"{'long optimum':<14} {'candidates':>10} {'claimed':>8} {'gain':>8} {'long trainings':>15}"
    )
    for away in (0.0, 1.0, None):
        for candidates in (1, 3):
            claimed, gain, trainings = simulate(plan_of(candidates), away, studies)
            where = "flat" if away is None else f"{away:g} away"
            print(
                f"{where:<14} {candidates:>10} {claimed:>7.1%} {gain:>8.3f} {trainings:>15.1f}",
                flush=True,
            )


def plan_of(candidates: int) -> Plan:
    """A study whose claim is trained longer."""
    return make_plan(
        StudySpec.model_validate(
            {
                "study": "simulated",
                "trainer": {"steps": SHORT},
                "weights": dict.fromkeys(NAMES, 1.0),
                "stages": [StageSpec(vary=name, times=(0.4, 2.5)).model_dump() for name in NAMES],
                "confirm": {"steps": LONG, "candidates": candidates},
            }
        )
    )


def simulate(plan: Plan, away: float | None, studies: int) -> tuple[float, float, float]:
    """Share of studies with a claim; of all studies the true long gain, and long trainings."""
    rows = []
    for number in range(studies):
        random = np.random.default_rng((number, 1))
        short = random.uniform(-REACH, REACH, len(NAMES))
        shift = random.normal(0.0, 1.0, len(NAMES))
        long = None if away is None else (short + away * shift).tolist()
        world = World(number, {SHORT: short.tolist(), LONG: long})
        found = run_procedure(plan, world.train)
        gain = world.truth(plan.weights, LONG) - world.truth(found.best, LONG)
        rows.append((found.best != plan.weights, gain, sum(t.steps == LONG for t in world.trained)))
    claimed, gain, trainings = np.mean(rows, axis=0)
    return float(claimed), float(gain), float(trainings)


if __name__ == "__main__":
    main()
