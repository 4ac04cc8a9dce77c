"""Response surfaces whose truth is known: made up, or recorded from real trainings.

Each says what any weights truly score, and simulates trainings with the noise that was measured:
a part that all trainings of one seed share, and a part of each training's own.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log
from pathlib import Path

import numpy as np
from noises import Luck, even
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator

Array = NDArray[np.float64]
Truth = Callable[[Array], Array]
"""Scores of (m, d) points, coordinates being logarithms of the weights over their start."""

REACH = log(10.0)
"""How far a weight may go from its start, in e-folds."""

GAINS = (0.05, 0.1, 0.2)
"""Gains that are possible on the surfaces that are made up, where any is."""


@dataclass(frozen=True)
class Landscape:
    """A surface to search on.

    Attributes:
        start: The start weights.
        stages: As in a study file.
        possible: The gain of its best weights over the start; 0 where it is flat.
        idle: Weights of which it is known that they do nothing.
        optimum: Coordinates of its best weights, where they are known.
    """

    name: str
    start: Mapping[str, float]
    stages: Sequence[Mapping[str, object]]
    truth: Truth
    low: Array
    high: Array
    possible: float
    idle: tuple[str, ...] = ()
    optimum: tuple[float, ...] = ()

    def gain(self, weights: Mapping[str, float]) -> float:
        """True gain of weights over the start."""
        scores = self.truth(np.array([self.point(self.start), self.point(weights)]))
        return float(scores[0] - scores[1])

    def point(self, weights: Mapping[str, float]) -> Array:
        """Coordinates of weights."""
        return np.array([log(weights[name] / value) for name, value in self.start.items()])

    def weights(self, point: Sequence[float]) -> dict[str, float]:
        """Weights at coordinates."""
        return {n: v * exp(x) for (n, v), x in zip(self.start.items(), point, strict=True)}


@dataclass
class Trainings:
    """Simulated trainings on a landscape.

    Attributes:
        noise: Standard deviation of a training's own part, but for what `luck` makes of it.
        shared: Standard deviation of what all trainings of a seed share.
        luck: How the own part is distributed, and where.
        count: Trainings so far.
    """

    landscape: Landscape
    noise: float
    shared: float
    random: np.random.Generator
    luck: Luck = even
    count: int = 0
    _of_seed: dict[int, float] = field(default_factory=dict)

    def score(self, weights: Mapping[str, float], seed: int) -> float:
        """One training."""
        self.count += 1
        if seed not in self._of_seed:
            self._of_seed[seed] = float(self.random.normal(0.0, self.shared))
        point = self.landscape.point(weights)
        own = self.noise * self.luck(point, self.random)
        return float(self.landscape.truth(point[None])[0]) + self._of_seed[seed] + own


def invent(kind: str, random: np.random.Generator) -> Landscape:
    """A surface of a kind; see `KINDS`."""
    names = ("first", "second", "third")
    stages = [{"vary": name, "times": [0.4, 2.5]} for name in names]
    edge = np.full(len(names), REACH)
    shape = KINDS[kind](random, len(names))
    depth = 0.0 if kind == "flat" else _possible(shape, -edge, edge)
    # Some draws have their optimum at the start; they are made flat rather than blown up.
    gain = float(random.choice(GAINS)) if depth > 1e-3 else 0.0
    scale = gain / depth if gain else 0.0
    return Landscape(
        kind, dict.fromkeys(names, 1.0), stages,
        lambda points: 1.0 + scale * shape(points), -edge, edge, gain,
    )  # fmt: skip


def sparse(random: np.random.Generator) -> Landscape:
    """One to three of four weights have an optimum 1.5 to 4 times off, the others no effect."""
    names = ("first", "second", "third", "fourth")
    away = random.uniform(0.4, 1.4, len(names)) * random.choice([-1, 1], len(names))
    matters = random.permutation(len(names)) < random.integers(1, len(names))
    depth = random.choice([0.5, 1.0], len(names)) / away**2 * matters
    gain = float(random.choice(GAINS))
    scale = gain / float(depth @ away**2)
    idle = tuple(name for name, does in zip(names, matters, strict=True) if not does)
    edge = np.full(len(names), REACH)

    def truth(points: Array) -> Array:
        heights: Array = 1.0 + scale * np.minimum((points - away) ** 2, 9.0) @ depth
        return heights

    return Landscape(
        "sparse", dict.fromkeys(names, 1.0), [{"vary": n, "times": [0.4, 2.5]} for n in names],
        truth, -edge, edge, gain, idle, tuple(away * matters),
    )  # fmt: skip


def recorded(path: Path) -> Recording:
    """Reads a table of trainings as `record_surface.py` writes it."""
    with path.open(newline="", encoding="utf-8") as lines:
        return Recording(path.stem, [row for row in csv.DictReader(lines) if row["score_1"]])


class Recording:
    """Real trainings over a grid of weights, several seeds each.

    Attributes:
        axes: The values of each weight, ascending.
        scores: (seeds, values of the first weight, ...).
    """

    def __init__(self, name: str, rows: Sequence[Mapping[str, str]]) -> None:
        self.name = name
        names = [key for key in rows[0] if key.endswith("_weight")]
        self.axes = {key: sorted({float(row[key]) for row in rows}) for key in names}
        seeds = sorted({int(row["seed"]) for row in rows})
        self.scores = np.full([len(seeds), *map(len, self.axes.values())], np.nan)
        for row in rows:
            cell = [axis.index(float(row[key])) for key, axis in self.axes.items()]
            self.scores[(seeds.index(int(row["seed"])), *cell)] = float(row["score_1"])

    def noises(self) -> tuple[float, float]:
        """Standard deviations of a training's own part, and of what a seed's trainings share."""
        table = self.scores.reshape(len(self.scores), -1)
        rows, columns = table.mean(axis=1, keepdims=True), table.mean(axis=0)
        residual = table - rows - columns + table.mean()
        degrees = (table.shape[0] - 1) * (table.shape[1] - 1)
        return float(np.sqrt((residual**2).sum() / degrees)), float(rows.std(ddof=1))

    def warm_starts(self) -> list[dict[str, float]]:
        """Every combination of weights that was trained."""
        return [
            dict(zip(self.axes, values, strict=True))
            for values in itertools.product(*self.axes.values())
        ]

    def landscape(self, start: Mapping[str, float]) -> Landscape:
        """The surface as seen from a start: linear between the grid's logarithms.

        Each weight has its effect and each two weights have one together; what the means over
        seeds have beyond that is of the size of their noise, and is left out.
        """
        coordinates = [np.log(np.array(axis) / start[key]) for key, axis in self.axes.items()]
        means = _without_noise(self.scores.mean(axis=0))
        between = RegularGridInterpolator(coordinates, means)
        low = np.array([axis[0] for axis in coordinates])
        high = np.array([axis[-1] for axis in coordinates])

        def truth(points: Array) -> Array:
            scores: Array = between(np.clip(points, low, high))
            return scores

        here = float(truth(np.zeros((1, len(coordinates))))[0])
        stages = [{"vary": key, "values": axis} for key, axis in self.axes.items()]
        return Landscape(
            self.name, dict(start), stages, truth, low, high, here - float(means.min())
        )


def _without_noise(means: Array) -> Array:
    """Main effects and interactions of two, by least squares."""
    cells = np.array(list(np.ndindex(means.shape)))
    columns = [np.ones(len(cells))]
    for first, second in itertools.combinations(range(means.ndim), 2):
        for i, j in itertools.product(range(means.shape[first]), range(means.shape[second])):
            columns.append(((cells[:, first] == i) & (cells[:, second] == j)).astype(float))
    design = np.stack(columns, axis=1)
    solution, *_ = np.linalg.lstsq(design, means.ravel(), rcond=None)
    fitted: Array = (design @ solution).reshape(means.shape)
    return fitted


def _possible(shape: Truth, low: Array, high: Array) -> float:
    """How much lower than the start a shape gets."""
    random = np.random.default_rng(0)
    points = random.uniform(low, high, (4096, len(low)))
    for reach in (0.5, 0.3, 0.1, 0.03):
        best = points[np.argsort(shape(points))[:32]]
        near = np.repeat(best, 32, axis=0) + random.normal(0.0, reach, (1024, len(low)))
        points = np.vstack([best, np.clip(near, low, high)])
    return float(shape(np.zeros((1, len(low))))[0] - shape(points).min())


def _flat(_random: np.random.Generator, _weights: int) -> Truth:
    return lambda points: np.zeros(len(points))


def _one_weight(random: np.random.Generator, weights: int) -> Truth:
    matters, best = int(random.integers(weights)), random.uniform(-1.3, 1.3)
    return lambda points: np.minimum((points[:, matters] - best) ** 2, 9.0)


def _several(random: np.random.Generator, weights: int) -> Truth:
    best, depth = random.uniform(-1.3, 1.3, weights), random.choice([0.2, 0.5, 1.0], weights)

    def truth(points: Array) -> Array:
        depths: Array = np.minimum((points - best) ** 2, 9.0) @ depth
        return depths

    return truth


def _interacting(random: np.random.Generator, weights: int) -> Truth:
    """Two weights whose best values depend on each other."""
    best, depth = random.uniform(-1.3, 1.3, weights), random.uniform(0.3, 1.0, weights)
    first, second = random.choice(weights, 2, replace=False)
    twist = 1.6 * float(random.choice([-1, 1])) * np.sqrt(depth[first] * depth[second])

    def truth(points: Array) -> Array:
        away = points - best
        bowl: Array = away**2 @ depth + twist * away[:, first] * away[:, second]
        return np.minimum(bowl, 9.0)

    return truth


def _ridge(random: np.random.Generator, weights: int) -> Truth:
    """Only a mixture of all weights matters."""
    along = random.normal(size=weights)
    along /= np.linalg.norm(along)
    best = float(random.uniform(0.5, 1.3) * random.choice([-1, 1]))
    return lambda points: np.minimum((points @ along - best) ** 2, 4.0)


def _plateau(random: np.random.Generator, weights: int) -> Truth:
    """One step, and level ground on both sides of it."""
    matters, side = int(random.integers(weights)), float(random.choice([-1, 1]))
    edge = float(random.uniform(0.2, 0.8))
    return lambda points: 1.0 / (1.0 + np.exp(8.0 * (side * points[:, matters] - edge)))


def _two_valleys(random: np.random.Generator, weights: int) -> Truth:
    """A deep valley on one side of the start, a shallower one on the other."""
    first, second = random.choice(weights, 2, replace=False)
    deep, other = random.uniform(0.6, 1.4, 2) * random.choice([-1, 1], 2)

    def truth(points: Array) -> Array:
        x, y = points[:, first], points[:, second]
        valleys = np.exp(-((x - deep) ** 2) / 0.5) + 0.6 * np.exp(-((x + deep) ** 2) / 0.5)
        depths: Array = -valleys - 0.5 * np.exp(-((y - other) ** 2) / 0.5)
        return depths

    return truth


KINDS: Mapping[str, Callable[[np.random.Generator, int], Truth]] = {
    "flat": _flat,
    "one weight": _one_weight,
    "several": _several,
    "interacting": _interacting,
    "ridge": _ridge,
    "plateau": _plateau,
    "two valleys": _two_valleys,
}
