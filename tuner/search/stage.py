"""One stage: one weight, everything else as in the incumbent.

All values are trained on the first seed. Where the best value lies at an edge the stage
goes on in that direction. The best value is then repeated on the deciding seeds, and
compared with the incumbent on equal seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tuner.plan import EXTENSIONS_AT_MOST, Plan, StagePlan
from tuner.results import Comparison, Noise, Role, StageResult, Trial, TrialResult
from tuner.search.verdict import compare

STAGE_CONFIDENCE = 0.8
"""A stage screens, and what it lets through is confirmed on fresh seeds; demanding more here
costs gain without making the claim any truer."""


@dataclass(frozen=True)
class Bench:
    """What a stage works with.

    Attributes:
        train: Trains whole groups of trials, in order, as far as the budget reaches; returns
            what was trained.
        noise: The noise as known by now; asked again after each training.
    """

    plan: Plan
    train: Callable[[Sequence[Sequence[Trial]]], list[TrialResult]]
    noise: Callable[[], Noise | None]


def run_stage(stage: StagePlan, incumbent: Mapping[str, float], bench: Bench) -> StageResult:
    """Tries the stage's values against the incumbent and judges the best of them."""
    trying = _Trying(stage, incumbent, bench)
    trying.first_look()
    trying.extend()
    best = trying.best_other()
    comparison = None if best is None else trying.decide(best)
    better = comparison is not None and comparison.verdict == "better"
    return StageResult(
        number=stage.number,
        varied=stage.varied,
        because=stage.asked.because,
        start=trying.start,
        chosen=best if best is not None and better else trying.start,
        best_tried=best,
        tried=trying.table(),
        comparison=comparison,
    )


class _Trying:
    """The values of one stage, with their results by value and seed."""

    def __init__(self, stage: StagePlan, incumbent: Mapping[str, float], bench: Bench) -> None:
        self.stage = stage
        self.bench = bench
        self.incumbent = dict(incumbent)
        self.start = self.incumbent[stage.varied]
        self.first_seed = bench.plan.decide_seeds[0]
        self.results: dict[float, dict[int, TrialResult]] = {self.start: {}}

    def first_look(self) -> None:
        """Every value on the first seed."""
        values = (self.start, *self.stage.candidates(self.start))
        self._train([[(value, self.first_seed)] for value in values])

    def extend(self) -> None:
        """Goes on while the best value is at an edge."""
        for _ in range(EXTENSIONS_AT_MOST):
            best = _lowest(self._first_scores())
            value = None if best is None else self.stage.beyond(tuple(self.results), best)
            if value is None:
                return
            self._train([[(value, self.first_seed)]])

    def best_other(self) -> float | None:
        """The value with the lowest score on the first seed, the incumbent's own aside."""
        scores = self._first_scores()
        return _lowest({value: scores[value] for value in scores if value != self.start})

    def decide(self, best: float) -> Comparison | None:
        """Repeats the best value where that can change the choice, and compares."""
        glance = self._compare(best)
        if glance is not None and glance.verdict == "worse":
            return glance
        others = self.bench.plan.decide_seeds[1:]
        self._train([[(self.start, seed), (best, seed)] for seed in others])
        return self._compare(best)

    def table(self) -> tuple[tuple[float, float | None], ...]:
        """Mean score of each value, ascending."""
        rows = []
        for value in sorted(self.results):
            scores = list(self._scores_of(value).values())
            rows.append((value, float(np.mean(scores)) if scores else None))
        return tuple(rows)

    def _compare(self, best: float) -> Comparison | None:
        before, after = self._scores_of(self.start), self._scores_of(best)
        if not before.keys() & after.keys():
            return None
        noise = self.bench.noise() if reliable(self.results[best].values()) else None
        return compare(before, after, noise, STAGE_CONFIDENCE)

    def _train(self, groups: Sequence[Sequence[tuple[float, int]]]) -> None:
        wanted = [[self._trial(value, seed) for value, seed in group] for group in groups]
        for result in self.bench.train(wanted):
            value = result.trial.weights[self.stage.varied]
            self.results.setdefault(value, {})[result.trial.seed] = result

    def _trial(self, value: float, seed: int) -> Trial:
        first = seed == self.first_seed
        role: Role = "candidate" if first and value != self.start else "repeat"
        return Trial(
            weights={**self.incumbent, self.stage.varied: value},
            seed=seed,
            steps=self.bench.plan.steps,
            role=role,
            stage=self.stage.number,
            varied=self.stage.varied,
        )

    def _scores_of(self, value: float) -> dict[int, float]:
        return {
            seed: result.score
            for seed, result in self.results.get(value, {}).items()
            if result.score is not None and (result.status == "complete" or value == self.start)
        }

    def _first_scores(self) -> dict[float, float]:
        table = {value: self._scores_of(value) for value in self.results}
        seed = self.first_seed
        return {value: scores[seed] for value, scores in table.items() if seed in scores}


def reliable(results: Iterable[TrialResult]) -> bool:
    """Whether nothing diverged or was rejected.

    What fails on some seeds and is good on the others is not better: what could be compared
    are the seeds on which it was lucky.
    """
    return all(result.status == "complete" for result in results)


def _lowest(scores: Mapping[float, float]) -> float | None:
    return min(scores, key=lambda value: scores[value]) if scores else None
