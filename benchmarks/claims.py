"""How true a study's claims are, on simulated scores whose truth is known.

    python benchmarks/claims.py [--studies N]

Follows whole studies (four stages, confirmation on five seeds) where training is replaced by
truth + seed + noise. Flat: no weight changes anything, so every claim of an improvement is false,
and so is every stage's "better". Sloped: each weight has an optimum elsewhere. The noise (0.03)
is one of `noises.py`, or four times as large where the fourth weight was moved ("unequal"), which
a noise pooled over all trials does not see.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from noises import LUCKS, Array, Luck

from tuner.results import Trial, TrialResult
from tuner.search.procedure import SearchResult, run_procedure
from tuner.spec.plan import make_plan
from tuner.spec.stage import StageSpec
from tuner.spec.study import ConfirmSpec, StudySpec

NAMES = ("first", "second", "third", "fourth")
NOISE, SHARED, LOUDER, DEPTH = 0.03, 0.1, 4.0, 0.05


def unequal(point: Array, random: np.random.Generator) -> float:
    """Normal, louder where the fourth weight is not at its start."""
    return (LOUDER if point[3] else 1.0) * float(random.normal())


NOISES: Mapping[str, Luck] = {**LUCKS, "unequal": unequal}


@dataclass
class World:
    """Scores with a known truth.

    Attributes:
        optima: Logarithm of each weight's best value; None where nothing matters.
        luck: The noise of a training, in units of `NOISE`.
    """

    optima: Sequence[float] | None
    luck: Luck
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
        point = np.log([trial.weights[name] for name in NAMES])
        own = NOISE * self.luck(point, self.random)
        return self.truth(trial.weights) + float(self.shared[trial.seed]) + own


def main() -> None:
    """Prints a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--studies", type=int, default=1000, help="simulated studies a row")
    options.add_argument("--looks", type=int, default=1, help="at the claim, at most")
    asked = options.parse_args()
    print('| surface | noise | improvement claimed | interval holds | stages "better" |')
    print("|---|---|---|---|---|")
    for surface in ("flat", "sloped"):
        for noise, luck in NOISES.items():
            claimed, held, better = simulate(surface, luck, asked.studies, asked.looks)
            holds = f"{np.mean(held):.1%} of {len(held)}" if held else "-"
            print(f"| {surface} | {noise} | {claimed:.1%} | {holds} | {better:.1%} |", flush=True)


def simulate(
    surface: str, luck: Luck, studies: int, looks: int = 1
) -> tuple[float, list[bool], float]:
    """Share of studies that claim an improvement, which intervals are right, share of stages."""
    plan = make_plan(
        StudySpec(
            study="simulated",
            weights=dict.fromkeys(NAMES, 1.0),
            stages=tuple(StageSpec(vary=name, times=(0.4, 2.5)) for name in NAMES),
            confirm=ConfirmSpec(looks=looks),
        )
    )
    claimed, held, better = 0, [], []
    for number in range(studies):
        random = np.random.default_rng(number)
        optima = None if surface == "flat" else random.uniform(-1.3, 1.3, len(NAMES)).tolist()
        world = World(optima, luck, random)
        findings = run_procedure(plan, world.train)
        claimed += findings.best != plan.weights
        held += holds(findings, world, plan.weights)
        better += [stage.chosen != stage.start for stage in findings.stages]
    return claimed / studies, held, float(np.mean(better))


def holds(findings: SearchResult, world: World, start: Mapping[str, float]) -> list[bool]:
    """Whether the claim's interval holds the true gain; nothing where there is no claim."""
    claim = findings.confirmation
    if claim is None or claim.low is None or claim.high is None or not claim.seeds:
        return []
    gain = world.truth(start) - world.truth(findings.incumbent)
    return [claim.low <= gain <= claim.high]


if __name__ == "__main__":
    main()
