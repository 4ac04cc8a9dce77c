"""The search against what people would use otherwise, on surfaces whose truth is known.

    python benchmarks/search.py [--studies N] [--surface NAME] [--out DIR]

Every search runs on the same surfaces (`landscapes.py`: invented ones of seven kinds, and recorded
tables of real trainings, where there are any) with as many trainings as the tuner took there on
average, baseline repeats and confirmation included. Half of the studies have a part of noise
that all trainings of a seed share. Writes a table (search.md) and a plot (search.png).

False claims: share of studies on flat surfaces that claim an improvement, with its 95 % interval
(Wilson's). Covered: how often the claim's interval holds the true gain. Worse: share of all
studies that export something truly worse than the start. Missed: median share of the possible
gain that the found, and the exported, weights leave on the table.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import sqrt
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import optuna
from landscapes import KINDS, Landscape, Trainings, invent, recorded
from noises import LUCKS, Luck, even
from rivals import RIVALS, Rival

from tuner.results import Trial, TrialResult
from tuner.search import combination
from tuner.search.combination import OPTIMISM
from tuner.search.procedure import SearchResult, run_procedure
from tuner.spec.plan import COMBINED_AT_ONCE, Plan, make_plan
from tuner.spec.stage import StageSpec
from tuner.spec.study import BudgetSpec, ConfirmSpec, StudySpec

NOISE = 0.03
"""Of one training; what short trainings on photographs showed."""

FLAT_TIMES = 4
"""So many times as many flat surfaces as of each other kind: false claims are rare."""

MATERIAL = 0.05
"""A gain that is worth a study."""

SLOW = {"Gaussian process": 8}
"""Searches that are tried on one surface in so many, as they take seconds a study."""

FULL_BUDGET = 40
"""Trainings of a study that a sampler is given where it is compared at full length."""

SURFACES = Path(__file__).parent / "surfaces"


@dataclass(frozen=True)
class World:
    """A landscape with its noise, and the seed of everything random on it."""

    landscape: Landscape
    noise: float
    shared: float
    seed: tuple[int, ...]
    luck: Luck = even

    def trainings(self) -> Trainings:
        """Trainings that no other search has seen."""
        random = np.random.default_rng([1, *self.seed])
        return Trainings(self.landscape, self.noise, self.shared, random, self.luck)


@dataclass(frozen=True)
class Result:
    """One search on one landscape.

    Attributes:
        found: True gain of the weights that were found.
        exported: True gain of the weights that a user would take home.
        claimed: Whether an improvement was claimed.
        covered: Whether the interval of the claim holds the true gain; None without one.
        trainings: All of them.
        searching: Of these neither baseline nor confirmation.
    """

    possible: float
    found: float
    exported: float
    claimed: bool
    covered: bool | None
    trainings: int
    searching: int


def main() -> None:
    """Runs every search, and prints the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--studies", type=int, default=60, help="surfaces of each kind")
    options.add_argument("--surface", help="only 'invented', or a file in surfaces/, by its name")
    options.add_argument("--out", type=Path, default=None, help="folder for search.md, search.png")
    options.add_argument("--alone", action="store_true", help="the tuner without its rivals")
    options.add_argument("--combination", type=int, default=6, help="combined trials at most")
    options.add_argument("--optimism", type=float, default=OPTIMISM, help="of the combined trials")
    options.add_argument("--at-once", type=int, default=COMBINED_AT_ONCE, help="of those")
    options.add_argument("--looks", type=int, default=1, help="at the claim, at most")
    options.add_argument("--noise", choices=LUCKS, default="even", help="of the invented ones")
    asked = options.parse_args()
    combination.OPTIMISM = asked.optimism
    vars(combination)["COMBINED_AT_ONCE"] = asked.at_once
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for name, worlds in (
        ("invented", invented(asked.studies, LUCKS[asked.noise])),
        *recordings(asked.studies),
    ):
        if asked.surface not in (None, name):
            continue
        ours = partial(tune, combined=asked.combination, looks=asked.looks)
        table = compare(worlds, ours, {} if asked.alone else RIVALS)
        text = "\n".join(lines(table))
        print(
            f"\n{name} surfaces, {len(worlds)} studies, {conditions(worlds)}\n\n{text}", flush=True
        )
        if asked.out:
            asked.out.mkdir(parents=True, exist_ok=True)
            stem = asked.out / f"search-{name}"
            stem.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
            draw(table, stem.with_suffix(".png"))


def invented(studies: int, luck: Luck = even) -> list[World]:
    """Surfaces of all kinds."""
    worlds = []
    for which, kind in enumerate(KINDS):
        for number in range(studies * (FLAT_TIMES if kind == "flat" else 1)):
            seed = (which, number)
            landscape = invent(kind, np.random.default_rng(seed))
            worlds.append(World(landscape, NOISE, NOISE if number % 2 else 0.0, seed, luck))
    return worlds


def recordings(studies: int) -> Iterator[tuple[str, list[World]]]:
    """Recorded surfaces, each with the noise that it was recorded with.

    The starts are those combinations of the table from which at least `MATERIAL` can be gained.
    """
    for which, path in enumerate(sorted(SURFACES.glob("*.csv"))):
        recording = recorded(path)
        own, shared = recording.noises()
        seen = [recording.landscape(start) for start in recording.warm_starts()]
        worth = [landscape for landscape in seen if landscape.possible >= MATERIAL]
        worlds = [
            World(worth[number % len(worth)], own, shared, (len(KINDS) + which, number))
            for number in range(studies * len(KINDS))
        ]
        yield path.stem, worlds


def conditions(worlds: Sequence[World]) -> str:
    """What there is to gain, and through which noise."""
    gains = [world.landscape.possible for world in worlds if world.landscape.possible]
    noise = f"noise {worlds[0].noise:.3f}, shared by a seed up to {worlds[1].shared:.3f}"
    return f"possible gains {min(gains):.2f} to {max(gains):.2f}, {noise}"


def compare(
    worlds: Sequence[World], ours: Callable[[World], Result], rivals: Mapping[str, Rival]
) -> dict[str, list[Result]]:
    """Results of every search, the tuner's first, on all cores."""
    table = {"loss-weight tuner": in_parallel(ours, worlds)}
    trainings = [result.trainings for result in table["loss-weight tuner"]]
    for name, search in rivals.items():
        some = worlds[:: SLOW.get(name, 1)]
        table[name] = in_parallel(partial(rival, search, budget=round(np.mean(trainings))), some)
    if rivals:
        at_length = partial(rival, rivals["TPE"], budget=FULL_BUDGET)
        table[f"TPE, {FULL_BUDGET} trainings"] = in_parallel(at_length, worlds)
    return table


def in_parallel(search: Callable[[World], Any], worlds: Sequence[World]) -> list[Any]:
    """Results on all worlds; forked, since a landscape holds functions that cannot be sent."""
    global _at_hand  # noqa: PLW0603 - what the forked processes inherit
    _at_hand = (search, worlds)
    with get_context("fork").Pool(os.cpu_count()) as pool:
        return pool.map(_search_on, range(len(worlds)), chunksize=4)


_at_hand: tuple[Callable[[World], Any], Sequence[World]]


def _search_on(number: int) -> Any:
    search, worlds = _at_hand
    return search(worlds[number])


def simulate(
    landscape: Landscape, trainings: Trainings, *, combined: int, looks: int = 1
) -> tuple[Plan, SearchResult]:
    """A whole study of the tuner, with so many combined trials, and looks at the claim, at most."""
    confirm = ConfirmSpec(looks=looks)
    plan = make_plan(study_of(landscape, combination=combined, confirm=confirm))
    return plan, run_procedure(plan, partial(results_of, trainings))


def study_of(landscape: Landscape, **more: Any) -> StudySpec:
    """The study of a surface; further settings as a study has them."""
    return StudySpec(
        study="simulated",
        weights=dict(landscape.start),
        stages=tuple(StageSpec.model_validate(stage) for stage in landscape.stages),
        bounds=_bounds(landscape),
        budget=BudgetSpec(max_trials=100),
        **more,
    )


def results_of(trainings: Trainings, trials: Sequence[Trial]) -> list[TrialResult]:
    """What trainings of these trials would return."""
    return [
        TrialResult(trial=one, status="complete", score=trainings.score(one.weights, one.seed))
        for one in trials
    ]


def tune(world: World, *, combined: int, looks: int = 1) -> Result:
    """What a study of the tuner finds and exports."""
    landscape, trainings = world.landscape, world.trainings()
    plan, findings = simulate(landscape, trainings, combined=combined, looks=looks)
    claim, found = findings.confirmation, landscape.gain(findings.incumbent)
    confirmed = claim is not None and bool(claim.seeds)
    covered = None
    if claim is not None and claim.seeds and claim.low is not None and claim.high is not None:
        covered = claim.low <= found <= claim.high
    apart = len(plan.baseline_seeds) + (2 * claim.looks[-1] if claim and confirmed else 0)
    return Result(
        possible=landscape.possible,
        found=found,
        exported=landscape.gain(findings.best),
        claimed=findings.best != plan.weights,
        covered=covered,
        trainings=trainings.count,
        searching=trainings.count - apart,
    )


def rival(search: Rival, world: World, *, budget: int) -> Result:
    """A whole search by another library."""
    trainings = world.trainings()
    found = search(world.landscape, trainings, budget)
    gain = world.landscape.gain(found.weights)
    return Result(
        possible=world.landscape.possible,
        found=gain,
        exported=gain,
        claimed=found.claimed,
        covered=None,
        trainings=trainings.count,
        searching=trainings.count,
    )


def lines(table: Mapping[str, Sequence[Result]]) -> Iterator[str]:
    """The table in Markdown."""
    yield f"| search | {' | '.join(HEADS)} |"
    yield f"|---{'|---' * len(HEADS)}|"
    for name, results in table.items():
        cells = [column(results) for column in COLUMNS]
        yield f"| {name} | {' | '.join(cells)} |"


def draw(table: Mapping[str, Sequence[Result]], path: Path) -> None:
    """What each search misses, and how often it claims a gain where there is none."""
    rows = [
        (name, _missed(results, "found"), _missed(results, "exported"), _false_share(results))
        for name, results in table.items()
    ]
    draw_rows(rows, path)


def draw_rows(rows: Sequence[tuple[str, float, float, float | None]], path: Path) -> None:
    """Bars: name, missed as found, missed as exported, share of false claims if known."""
    mpl.use("agg")
    from matplotlib import pyplot

    names = [name for name, *_ in rows]
    known = [share for *_, share in rows if share is not None]
    figure, panels = pyplot.subplots(
        1, 2 if known else 1, figsize=(9, 3.6), sharey=True, squeeze=False, layout="constrained"
    )
    colors = ["tab:green" if number == 0 else "tab:gray" for number in range(len(rows))]
    missed, *claims = panels[0]
    missed.barh(names, [exported for _, _, exported, _ in rows], color=colors, alpha=0.4)
    missed.barh(names, [found for _, found, _, _ in rows], color=colors)
    missed.invert_yaxis()
    missed.set_title("share of the possible gain missed\n(pale: where it has to be proved)")
    for axes in claims:
        axes.barh(names, known, color=colors)
        axes.set_xlim(0, 1)
        axes.set_title("claims a gain\nwhere there is none")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _false_share(results: Sequence[Result]) -> float | None:
    flat = [result.claimed for result in results if not result.possible]
    return float(np.mean(flat)) if flat else None


def _false(results: Sequence[Result]) -> str:
    flat = [result.claimed for result in results if not result.possible]
    if not flat:
        return "-"
    low, high = wilson(sum(flat), len(flat))
    return f"{np.mean(flat):.1%} ({low:.1%} to {high:.1%})"


def _covered(results: Sequence[Result]) -> str:
    held = [result.covered for result in results if result.covered is not None]
    return f"{np.mean(held):.1%}" if held else "-"


def _missed(results: Sequence[Result], which: str) -> float:
    shares = [1 - getattr(r, which) / r.possible for r in results if r.possible]
    return float(np.median(shares))


HEADS = (
    "false claims", "covered", "worse", "missed, found", "missed, exported", "trainings",
    "of these search", "studies",
)  # fmt: skip

COLUMNS: Sequence[Callable[[Sequence[Result]], str]] = (
    _false,
    _covered,
    lambda results: f"{np.mean([result.exported < -1e-9 for result in results]):.1%}",
    lambda results: f"{_missed(results, 'found'):.3f}",
    lambda results: f"{_missed(results, 'exported'):.3f}",
    lambda results: f"{np.mean([result.trainings for result in results]):.1f}",
    lambda results: f"{np.mean([result.searching for result in results]):.1f}",
    lambda results: str(len(results)),
)


def wilson(successes: int, tries: int) -> tuple[float, float]:
    """The 95 % interval of a rate (Wilson, 1927)."""
    z = 1.96
    rate, extra = successes / tries, z**2 / tries
    middle = (rate + extra / 2) / (1 + extra)
    half = z * sqrt(rate * (1 - rate) / tries + extra / (4 * tries)) / (1 + extra)
    return max(0.0, middle - half), middle + half


def _bounds(landscape: Landscape) -> dict[str, tuple[float, float]]:
    ends = zip(landscape.start.items(), landscape.low, landscape.high, strict=True)
    return {
        name: (float(value * np.exp(low)), float(value * np.exp(high)))
        for (name, value), low, high in ends
    }


if __name__ == "__main__":
    main()
