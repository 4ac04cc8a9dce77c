"""What people would use otherwise: a sampler, one training a trial, and the lowest score wins.

All trials share one seed, as with a seed fixed at the top of a script, which is kind to them:
what a seed's trainings share then cancels. They claim an improvement where their best trial
scored lower than the start.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import optuna
from landscapes import Landscape, Trainings
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, RandomSampler, TPESampler

SEED = 1
FACTORS = (0.4, 1.0, 2.5)
"""Of the start: the values of a grid, and the steps of a greedy search."""


@dataclass(frozen=True)
class Found:
    """What a rival would export.

    Attributes:
        claimed: Whether it scored better than the start.
    """

    weights: Mapping[str, float]
    claimed: bool


Rival = Callable[[Landscape, Trainings, int], Found]
"""Is given a landscape, trainings on it, and how many of them it may ask for."""


def sampled(make: Callable[[int], BaseSampler]) -> Rival:
    """Optuna with a sampler; the start is its first trial."""

    def search(landscape: Landscape, trainings: Trainings, budget: int) -> Found:
        def objective(trial: optuna.Trial) -> float:
            point = [
                trial.suggest_float(name, low, high)
                for name, low, high in zip(
                    landscape.start, landscape.low, landscape.high, strict=True
                )
            ]
            return trainings.score(landscape.weights(point), SEED)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            study = optuna.create_study(sampler=make(int(trainings.random.integers(2**31))))
            study.enqueue_trial(dict.fromkeys(landscape.start, 0.0))
            study.optimize(objective, n_trials=budget)
        best = study.best_trial
        return Found(landscape.weights(list(best.params.values())), claimed=best.number != 0)

    return search


def greedy(landscape: Landscape, trainings: Trainings, budget: int) -> Found:
    """One weight after the other, the lowest score is carried on, round and round."""
    best = dict(landscape.start)
    lowest = trainings.score(best, SEED)
    while trainings.count < budget:
        for name in itertools.islice(itertools.cycle(landscape.start), len(landscape.start)):
            for factor in FACTORS:
                if factor != 1.0 and trainings.count < budget:
                    tried = {**best, name: _inside(landscape, name, best[name] * factor)}
                    score = trainings.score(tried, SEED)
                    if score < lowest:
                        best, lowest = tried, score
    return Found(best, claimed=best != landscape.start)


def grid(landscape: Landscape, trainings: Trainings, _budget: int) -> Found:
    """All combinations of three values of each weight, whatever they cost."""
    scores = {
        values: trainings.score(dict(zip(landscape.start, values, strict=True)), SEED)
        for values in _grid(landscape)
    }
    best = min(scores, key=lambda values: scores[values])
    start = tuple(landscape.start.values())
    return Found(dict(zip(landscape.start, best, strict=True)), claimed=best != start)


def _grid(landscape: Landscape) -> Iterator[tuple[float, ...]]:
    return itertools.product(
        *([v * factor for factor in FACTORS] for v in landscape.start.values())
    )


def _inside(landscape: Landscape, name: str, value: float) -> float:
    axis = list(landscape.start).index(name)
    start = landscape.start[name]
    return float(
        np.clip(value, start * np.exp(landscape.low[axis]), start * np.exp(landscape.high[axis]))
    )


RIVALS: Mapping[str, Rival] = {
    "random search": sampled(lambda seed: RandomSampler(seed=seed)),
    "TPE": sampled(lambda seed: TPESampler(seed=seed)),
    "CMA-ES": sampled(lambda seed: CmaEsSampler(seed=seed)),
    "Gaussian process": sampled(lambda seed: GPSampler(seed=seed)),
    "greedy steps": greedy,
    "full grid": grid,
}
"""By name, as tables have it."""
