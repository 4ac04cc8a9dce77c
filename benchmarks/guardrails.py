"""How often a study exports weights that break a guardrail, on simulated numbers with known truth.

    python benchmarks/guardrails.py [--studies N] [--without-reserve]

Runs whole studies (two stages, a combination, a claim on five seeds) where training is replaced by
truth + seed + noise, once without and once with a guardrail on a second number, which may fall by
0.1 (its noise: 0.03). It is untouched; or falls by exactly 0.1 as soon as a weight is moved, which
is the hardest case to refuse; or falls gradually, so that some improvement is allowed. A false
export is one whose number truly falls by 0.1 or more.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log
from typing import Any

import numpy as np

from tuner.results import Trial, TrialResult
from tuner.search import guardrails
from tuner.search.procedure import run_procedure
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec

NAMES = ("first", "second")
MARGIN, NOISE, SHARED, DEPTH = 0.1, 0.03, 0.1, 0.1
PRICES = ("none", "step", "gradual")


@dataclass
class World:
    """Scores and guarded numbers with a known truth.

    Attributes:
        optimum: Logarithm of the best value of each weight.
        price: How the guarded number falls: one of `PRICES`.
    """

    optimum: float
    price: str
    random: np.random.Generator

    def fall(self, weights: Mapping[str, float]) -> float:
        """How far the guarded number truly falls."""
        moved = sum(abs(log(weights[name])) for name in NAMES)
        if self.price == "gradual":
            return 0.07 * moved
        return MARGIN if self.price == "step" and moved else 0.0

    def train(self, trials: Sequence[Trial]) -> list[TrialResult]:
        """What training would return."""
        return [self._result(trial) for trial in trials]

    def _result(self, trial: Trial) -> TrialResult:
        distances = [log(trial.weights[name]) - self.optimum for name in NAMES]
        shared = np.random.default_rng(trial.seed).normal(0.0, SHARED, 2)
        score, number = shared + self.random.normal(0.0, NOISE, 2)
        score += DEPTH * sum(distance**2 for distance in distances)
        number += 24.0 - self.fall(trial.weights)
        return TrialResult(
            trial=trial, status="complete", score=float(score), measures={"number": float(number)}
        )


def main() -> None:
    """Prints a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--studies", type=int, default=400, help="simulated studies a row")
    options.add_argument("--without-reserve", action="store_true", help="nothing is kept for noise")
    asked = options.parse_args()
    if asked.without_reserve:
        guardrails._reserve = lambda *_: 0.0  # noqa: SLF001 - what the reserve is worth
    print(f"{platform.machine()}, {datetime.now(UTC):%Y-%m-%d}, {asked.studies} studies a row")
    print(f"{'the number falls':<18} {'guardrail':<10} {'exported':>9} {'false':>7} {'trials':>7}")
    for price in PRICES:
        for guarded in (False, True):
            exported, false, trials = simulate(price, asked.studies, guarded=guarded)
            name = "yes" if guarded else "no"
            print(f"{price:<18} {name:<10} {exported:>9.1%} {false:>7.1%} {trials:>7.1f}")


def simulate(price: str, studies: int, *, guarded: bool) -> tuple[float, float, float]:
    """Shares of studies that export other weights, and falsely; trainings of a study."""
    plan = make_plan(StudySpec.model_validate(_study(guarded=guarded)))
    exported, false, trials = 0, 0, 0
    for number in range(studies):
        random = np.random.default_rng(number)
        world = World(float(random.uniform(0.5, 1.5)), price, random)
        trained: list[Trial] = []

        def train(
            asked: Sequence[Trial], world: World = world, trained: list[Trial] = trained
        ) -> list[TrialResult]:
            trained += asked
            return world.train(asked)

        best = run_procedure(plan, train).best
        exported += best != plan.weights
        false += best != plan.weights and world.fall(best) >= MARGIN
        trials += len(trained)
    return exported / studies, false / studies, trials / studies


def _study(*, guarded: bool) -> dict[str, Any]:
    metrics = {"number": {"may_fall": MARGIN}} if guarded else {}
    return {
        "study": "simulated",
        "weights": dict.fromkeys(NAMES, 1.0),
        "stages": [{"vary": name, "values": [1.5, 2.5, 4.0]} for name in NAMES],
        "combination": 2,
        "guardrails": {"metrics": metrics},
    }


if __name__ == "__main__":
    main()
