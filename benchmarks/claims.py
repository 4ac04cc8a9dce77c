"""How true a study's claims are, on simulated scores whose truth is known.

    python benchmarks/claims.py [--studies N]

Follows whole studies (four stages, confirmation on five seeds) where training is replaced by
truth + seed + noise. Flat: no weight changes anything, so every claim of an improvement is false.
Sloped: each weight has an optimum elsewhere. Noise is 0.03 everywhere, or four times that where
the fourth weight was moved, which a noise pooled over all trials does not see.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from tuner.results import Trial, TrialResult
from tuner.search.procedure import SearchResult, run_procedure
from tuner.spec.plan import make_plan
from tuner.spec.stage import StageSpec
from tuner.spec.study import StudySpec

NAMES = ("first", "second", "third", "fourth")
NOISE, SHARED, LOUDER, DEPTH = 0.03, 0.1, 4.0, 0.05


@dataclass
class World:
    """Scores with a known truth.

    Attributes:
        optima: Logarithm of each weight's best value; None where nothing matters.
        louder: Factor on the noise where the fourth weight is not 1.
    """

    optima: Sequence[float] | None
    louder: float
    random: np.random.Generator

    def __post_init__(self) -> None:
        self.shared = self.random.normal(0.0, SHARED, 1000)

    def truth(self, weights: Mapping[str, float]) -> float:
        """The score without noise."""
        if self.optima is None:
            return 1.0
        distances = [log(weights[n]) - o for n, o in zip(NAMES, self.optima, strict=True)]
        return 1.0 + DEPTH * sum(min(distance**2, 3.0) for distance in distances)

    def train(self, trials: Sequence[Trial]) -> list[TrialResult]:
        """What training would return."""
        return [
            TrialResult(trial=trial, status="complete", score=self._score(trial))
            for trial in trials
        ]

    def _score(self, trial: Trial) -> float:
        sd = NOISE * (1.0 if trial.weights["fourth"] == 1.0 else self.louder)
        shared = float(self.shared[trial.seed])
        return self.truth(trial.weights) + shared + self.random.normal(0.0, sd)


def main() -> None:
    """Prints a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--studies", type=int, default=1000, help="simulated studies a row")
    studies = options.parse_args().studies
    print(f"{'surface':<10} {'noise':<8} {'improvement claimed':>20} {'interval holds':>16}")
    for surface in ("flat", "sloped"):
        for noise, louder in (("equal", 1.0), ("unequal", LOUDER)):
            claimed, held = simulate(surface, louder, studies)
            print(f"{surface:<10} {noise:<8} {claimed:>19.1%} {held:>16.1%}")


def simulate(surface: str, louder: float, studies: int) -> tuple[float, float]:
    """Shares of studies that claim an improvement, and of claims whose interval is right."""
    plan = make_plan(
        StudySpec(
            study="simulated",
            weights=dict.fromkeys(NAMES, 1.0),
            stages=tuple(StageSpec(vary=name, times=(0.4, 2.5)) for name in NAMES),
        )
    )
    claimed, held = 0, []
    for number in range(studies):
        random = np.random.default_rng(number)
        optima = None if surface == "flat" else random.uniform(-1.3, 1.3, len(NAMES)).tolist()
        world = World(optima, louder, random)
        findings = run_procedure(plan, world.train)
        claimed += findings.best != plan.weights
        held += holds(findings, world, plan.weights)
    return claimed / studies, float(np.mean(held))


def holds(findings: SearchResult, world: World, start: Mapping[str, float]) -> list[bool]:
    """Whether the claim's interval holds the true gain; nothing where there is no claim."""
    claim = findings.confirmation
    if claim is None or claim.low is None or claim.high is None or not claim.seeds:
        return []
    gain = world.truth(start) - world.truth(findings.incumbent)
    return [claim.low <= gain <= claim.high]


if __name__ == "__main__":
    main()
