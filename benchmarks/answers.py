"""What a study's answer is worth: few changes, the same ones twice, and honest intervals.

    python benchmarks/answers.py [--surfaces N]

Surfaces of four weights of which one to three do nothing at all (`landscapes.sparse`), with three
kinds of noise (`noises.py`; 0.03 a training, in half of the studies with as much that all
trainings of a seed share). The tuner studies each surface twice, with other luck.

Idle changed: of the weights that do nothing, those that a study which claims an improvement
exports at another value than the start's. Apart: factor between the values that two studies of
one surface export, a weight at a time (median; geometric mean). Idle better: of the stages of
weights that do nothing, those judged "better"; idle matter: of these weights, those that are said
to matter. Within ranges: how often one study's value is among those that the other calls as good,
where both claim an improvement. Missed, covered: as in `search.py`. Claimed: studies that claim an
improvement, and in brackets those that would if the search had known the best weights, so that
only the claim is left to luck.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import log

import numpy as np
from landscapes import sparse
from noises import LUCKS, Luck
from search import NOISE, World, in_parallel, results_of, simulate

from tuner.search.confirmation import Claim
from tuner.search.result_cache import ResultCache
from tuner.spec.plan import Plan

RUNS = 2


@dataclass(frozen=True)
class Answer:
    """What one study says.

    Attributes:
        exported: Logarithm of each weight over its start, in order.
        claimed: Whether an improvement was claimed.
        missed: Share of the possible gain that is left on the table by what was found.
        missed_exported: The same by what is exported.
        covered: Whether the claim's interval holds the true gain; None without one.
        claimed_if_perfect: Whether the best weights would be claimed to be better.
        idle: Places of the weights that do nothing.
        idle_better: Whether the stages of these were judged "better".
        idle_matter: Whether these are said to matter.
        ranges: Logarithms of the values of each weight that are said to be as good.
    """

    exported: tuple[float, ...]
    claimed: bool
    missed: float
    missed_exported: float
    covered: bool | None
    claimed_if_perfect: bool
    idle: tuple[int, ...]
    idle_better: tuple[bool, ...]
    idle_matter: tuple[bool, ...]
    ranges: tuple[tuple[float, float], ...]
    trainings: int


def main() -> None:
    """Prints a row for each kind of noise."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--surfaces", type=int, default=60, help="of each kind of noise")
    options.add_argument("--combination", type=int, default=6, help="combined trials at most")
    options.add_argument("--noise", choices=LUCKS, action="append", help="this kind alone")
    options.add_argument("--looks", type=int, default=1, help="at the claim, at most")
    asked = options.parse_args()
    print(f"| noise | {' | '.join(HEADS)} |")
    print(f"|---{'|---' * len(HEADS)}|")
    for name in asked.noise or LUCKS:
        cells = row(asked.surfaces, LUCKS[name], asked.combination, asked.looks)
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


HEADS = (
    "idle changed", "apart, median", "apart, mean", "apart, weights that matter", "within ranges",
    "idle matter", "idle better", "missed, found", "missed, exported", "claimed", "covered",
    "trainings", "studies",
)  # fmt: skip


def row(surfaces: int, luck: Luck, combined: int, looks: int = 1) -> list[str]:
    """All figures of one kind of noise."""
    made = [sparse(np.random.default_rng([7, number])) for number in range(surfaces)]
    worlds = [
        World(landscape, NOISE, NOISE if number % 2 else 0.0, (99, number, run), luck)
        for number, landscape in enumerate(made)
        for run in range(RUNS)
    ]
    answers = in_parallel(partial(answer, combined=combined, looks=looks), worlds)
    claims = [one for one in answers if one.claimed]
    idle = [moved for one in claims for moved in np.array(one.exported)[list(one.idle)] != 0]
    first, second = (np.array([one.exported for one in answers[i::RUNS]]) for i in range(RUNS))
    apart = np.abs(first - second)
    busy = np.array([np.isin(range(4), one.idle, invert=True) for one in answers[::RUNS]])
    perfect = np.mean([one.claimed_if_perfect for one in answers])
    matter = [said for one in answers for said in one.idle_matter]
    verdicts = [better for one in answers for better in one.idle_better]
    return [
        f"{sum(idle)} of {len(idle)} ({np.mean(idle):.0%})",
        f"{np.exp(np.median(apart)):.2f}",
        f"{np.exp(np.mean(apart)):.2f}",
        f"{np.exp(np.median(apart[busy])):.2f}, {np.exp(np.mean(apart[busy])):.2f}",
        f"{_agree(answers):.0%}",
        f"{np.mean(matter):.1%}",
        f"{np.mean(verdicts):.1%}",
        f"{np.median([one.missed for one in answers]):.3f}",
        f"{np.median([one.missed_exported for one in answers]):.3f}",
        f"{len(claims) / len(answers):.0%} ({perfect:.0%})",
        f"{np.mean([one.covered for one in answers if one.covered is not None]):.1%}",
        f"{np.mean([one.trainings for one in answers]):.1f}",
        str(len(answers)),
    ]


def _agree(answers: Sequence[Answer]) -> float:
    """How often one study's value of a weight is among those that the other calls as good.

    Of studies of the same surface that both claim an improvement.
    """
    agree = [
        low - 1e-9 <= value <= high + 1e-9
        for pair in zip(answers[::RUNS], answers[1::RUNS], strict=True)
        if all(one.claimed for one in pair)
        for one, other in (pair, pair[::-1])
        for value, (low, high) in zip(one.exported, other.ranges, strict=True)
    ]
    return float(np.mean(agree))


def answer(world: World, *, combined: int, looks: int) -> Answer:
    """A whole study of the tuner."""
    landscape, trainings = world.landscape, world.trainings()
    plan, findings = simulate(landscape, trainings, combined=combined, looks=looks)
    claim, found = findings.confirmation, landscape.gain(findings.incumbent)
    covered = None
    if claim is not None and claim.seeds and claim.low is not None and claim.high is not None:
        covered = claim.low <= found <= claim.high
    judged = [stage for stage in findings.stages if stage.varied in landscape.idle]
    effects = findings.effects
    ends = [[log(end) for end in one.as_good] for one in effects]
    return Answer(
        exported=tuple(map(float, landscape.point(findings.best))),
        claimed=findings.best != landscape.start,
        idle=tuple(i for i, name in enumerate(landscape.start) if name in landscape.idle),
        missed=1 - found / landscape.possible,
        missed_exported=1 - landscape.gain(findings.best) / landscape.possible,
        covered=covered,
        claimed_if_perfect=claims_the_best(plan, world),
        idle_better=tuple(
            one.comparison is not None and one.comparison.verdict == "better" for one in judged
        ),
        idle_matter=tuple(one.matters for one in effects if one.name in landscape.idle),
        ranges=tuple((low, high) for low, high in ends),
        trainings=trainings.count,
    )


def claims_the_best(plan: Plan, world: World) -> bool:
    """Whether a study that knows the best weights, and has a baseline alone, claims them."""
    seen = ResultCache(plan, partial(results_of, world.trainings()))
    seen.train(plan.trials_of(plan.weights, plan.baseline_seeds))
    best = world.landscape.weights(world.landscape.optimum)
    claim = Claim(plan, best, seen).judged()
    return claim is not None and claim.verdict == "better"


if __name__ == "__main__":
    main()
