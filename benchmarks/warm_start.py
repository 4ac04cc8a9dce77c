"""Whether a study that begins with what an earlier one learned is the better one, or the shorter.

    python benchmarks/warm_start.py [--studies N]

Each invented and recorded surface of `search.py` is studied cold, and warm after another study.
`alike`: that one was of the same surface, with luck of its own. `other`: of another surface with
the same weights, which should not do much harm.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from landscapes import Landscape, Trainings
from search import World, in_parallel, invented, recordings, results_of, study_of

from tuner.results import Trial, TrialResult
from tuner.search.procedure import SearchResult, run_procedure
from tuner.spec.plan import Plan, make_plan
from tuner.spec.study import LearnedSpec, PriorResultSpec

Row = tuple[float, float, float, float]
NAMES = ("trainings", "claimed", "missed, found", "missed, exported")


def main() -> None:
    """Prints a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--studies", type=int, default=20, help="surfaces of each kind")
    studies = options.parse_args().studies
    print(f"{'surfaces':<16} {'start':<7} " + " ".join(f"{name:>16}" for name in NAMES))
    for name, worlds in (("invented", invented(studies)), *recordings(studies)):
        steep = [world for world in worlds if world.landscape.possible]
        others = [steep[(number + len(steep) // 2) % len(steep)] for number in range(len(steep))]
        for start, before in (("cold", []), ("alike", steep), ("other", others)):
            known = {one.seed: other for one, other in zip(steep, before, strict=False)}
            rows = in_parallel(partial(study, before=known), steep)
            told = [np.mean([row[place] for row in rows]) for place in range(2)]
            told += [np.median([row[place] for row in rows]) for place in (2, 3)]
            print(f"{name:<16} {start:<7} " + " ".join(f"{one:>16.3f}" for one in told), flush=True)


def study(world: World, *, before: Mapping[tuple[int, ...], World]) -> Row:
    """Trainings of a study, whether it claims a gain, and the shares of the gain it misses."""
    learned = learn(before[world.seed]) if before else None
    landscape, trainings = world.landscape, world.trainings()
    plan, found, _ = run(landscape, trainings, learned)
    missed = [1 - landscape.gain(one) / landscape.possible for one in (found.incumbent, found.best)]
    return trainings.count, float(found.best != plan.weights), missed[0], missed[1]


def learn(world: World) -> LearnedSpec | None:
    """What an earlier study of a surface leaves, with luck of its own."""
    trainings = replace(world, seed=(*world.seed, 1)).trainings()
    plan, found, results = run(world.landscape, trainings, None)
    if found.noise is None:
        return None
    rows = [
        PriorResultSpec(weights=one.trial.weights, seed=one.trial.seed, score=one.score)
        for one in results
    ]
    noise = max(found.noise.sd, 1e-9)
    return LearnedSpec(study=plan.study, uid="earlier", noise=noise, results=tuple(rows))


def run(
    landscape: Landscape, trainings: Trainings, learned: LearnedSpec | None
) -> tuple[Plan, SearchResult, list[TrialResult]]:
    """A whole study."""
    trained: list[TrialResult] = []

    def train(trials: Sequence[Trial]) -> list[TrialResult]:
        results = results_of(trainings, trials)
        trained.extend(results)
        return results

    plan = make_plan(study_of(landscape, learned=learned))
    return plan, run_procedure(plan, train), trained


if __name__ == "__main__":
    main()
