"""One stage: one weight, everything else as in the incumbent.

All values are trained on the first seed. Where the best value is the lowest or highest, the stage
is extended in that direction. The most promising value on the surface through all trials is then
compared with the incumbent on the deciding seeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np

from tuner.results import GuardrailCheck, StageResult, SurfacePoint, TrialResult
from tuner.results.statistics import STAGE_CONFIDENCE, normal_quantile, scores_by_seed
from tuner.search.context import SearchContext, TrialFactory
from tuner.search.paired_comparison import ComparisonOutcome, PairedComparison, judge_best
from tuner.search.surface import points_of
from tuner.spec.plan import EXTENSIONS_AT_MOST
from tuner.spec.stage_plan import StagePlan

CURVE_POINTS = 25


def run_stage(
    stage: StagePlan, incumbent: Mapping[str, float], context: SearchContext
) -> StageResult:
    """Tries the stage's values against the incumbent and judges the best of them."""
    trying = _StageRun(stage, incumbent, context)
    trying.try_on_first_seed()
    trying.extend()
    best, outcome = judge_best(trying.best_other, trying.decide)
    comparison = outcome.comparison if outcome else None
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
        curve=tuple(trying.curve()),
        note=outcome.note if outcome else "",
        opposite=best is not None and stage.is_opposite(trying.start, best),
        broken=tuple(trying.broken()),
    )


class _StageRun:
    """The values of one stage, with their results by value and seed."""

    def __init__(
        self, stage: StagePlan, incumbent: Mapping[str, float], context: SearchContext
    ) -> None:
        self.stage = stage
        self.context = context
        self.incumbent = dict(incumbent)
        self.start = self.incumbent[stage.varied]
        self.first_seed = context.plan.decide_seeds[0]
        self.factory = TrialFactory(context.plan, stage.number, stage.varied)
        self.results: dict[float, dict[int, TrialResult]] = {self.start: {}}

    def try_on_first_seed(self) -> None:
        """Every value on the first seed."""
        self._try(self.start, *self.stage.candidates(self.start))

    def extend(self) -> None:
        """Tries further values while the best one is at an edge."""
        for _ in range(EXTENSIONS_AT_MOST):
            scores = self._first_scores()
            lowest = min(scores, key=lambda value: scores[value], default=None)
            tried = tuple(self.results)
            value = None if lowest is None else self.stage.beyond(tried, lowest)
            if value is None:
                return
            self._try(value)

    def best_other(self) -> float | None:
        """The most promising value besides the incumbent's own."""
        scores = self._first_scores()
        others = [value for value in sorted(scores) if value != self.start]
        surface = self.context.surface()
        if not others or surface is None:
            return min(others, key=lambda value: scores[value], default=None)
        heights = surface.heights(points_of(map(self._with, others), self.context.scale))
        return others[int(np.argmin(heights))]

    def decide(self, best: float) -> ComparisonOutcome:
        """Compares the best value with the incumbent."""
        outcome = PairedComparison(
            self.incumbent, self._with(best), self.context, self.factory
        ).run()
        for value, results in ((self.start, outcome.before), (best, outcome.after)):
            self.results[value] |= {result.trial.seed: result for result in results}
        return outcome

    def table(self) -> tuple[tuple[float, float | None], ...]:
        """Mean score of each value, ascending."""
        rows = []
        for value in sorted(self.results):
            scores = list(self._scores_of(value).values())
            rows.append((value, float(np.mean(scores)) if scores else None))
        return tuple(rows)

    def broken(self) -> Iterator[tuple[float, GuardrailCheck]]:
        """The values that break a guardrail, ascending, each with the first one."""
        for value in sorted(self.results):
            for check in self.context.broken(self._with(value))[:1]:
                yield value, check

    def curve(self) -> Iterator[SurfacePoint]:
        """The surface from the lowest to the highest value tried."""
        surface, scale = self.context.surface(), self.context.scale
        if surface is None or len(self.results) < 2:  # noqa: PLR2004 - no curve through a point
            return
        name = self.stage.varied
        low, high = (scale.coordinate(name, end) for end in (min(self.results), max(self.results)))
        values = [scale.value(name, float(at)) for at in np.linspace(low, high, CURVE_POINTS)]
        points = points_of(map(self._with, values), scale)
        gains = surface.gains(points, scale.point(self.incumbent))
        margins = normal_quantile(STAGE_CONFIDENCE) * gains.sd
        for value, gain, margin in zip(values, gains.mean, margins, strict=True):
            yield SurfacePoint(
                value=value, gain=float(gain), low=float(gain - margin), high=float(gain + margin)
            )

    def _try(self, *values: float) -> None:
        """Trains values on the first seed."""
        groups = [
            [self.factory.trial(self._with(value), self.first_seed, self._role(value))]
            for value in values
        ]
        for result in self.context.train(groups):
            value = result.trial.weights[self.stage.varied]
            self.results.setdefault(value, {})[result.trial.seed] = result

    def _with(self, value: float) -> dict[str, float]:
        return {**self.incumbent, self.stage.varied: value}

    def _role(self, value: float) -> Literal["repeat", "candidate"]:
        return "repeat" if value == self.start else "candidate"

    def _scores_of(self, value: float) -> dict[int, float]:
        return scores_by_seed(self.results[value].values(), rejected=value == self.start)

    def _first_scores(self) -> dict[float, float]:
        """Scores on the first seed of the values that may win, and of the incumbent's own."""
        others = (value for value in self.results if not self.context.broken(self._with(value)))
        table = {value: self._scores_of(value) for value in (self.start, *others)}
        seed = self.first_seed
        return {value: scores[seed] for value, scores in table.items() if seed in scores}
