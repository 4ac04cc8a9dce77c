"""The result of a whole study: the best weights, the claim, and what each weight does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuner.results.comparison import Comparison, Noise
from tuner.results.stage import CombinationResult, Simplification, StageResult
from tuner.results.trial import Record, TrialResult, row

if TYPE_CHECKING:
    import pandas


class Share(Record):
    """A part of a gain; 1 is all of it.

    Attributes:
        low: Lower end of the 95 % interval, below 0 where the part may be a loss.
        high: Upper end.
    """

    value: float
    low: float
    high: float


class WeightEffect(Record):
    """What one weight does, as all trainings of a study show it.

    Attributes:
        start: Its value in the start weights.
        value: Its value in the exported weights.
        tried: Lowest and highest value that was trained with success.
        as_good: Lowest and highest value, around its own, that cannot be told from it (80 %).
        matters: Whether its value makes a difference that can be told from noise. Where it does
            not, any value between those of `tried` will do.
        share: The part of the gain that is lost where it alone goes back to its start; None where
            it is there, or no gain can be told from noise.
    """

    name: str
    start: float
    value: float
    tried: tuple[float, float]
    as_good: tuple[float, float]
    matters: bool
    share: Share | None = None

    @property
    def acceptable_range(self) -> tuple[float, float]:
        """Lowest and highest of the values that are as good as its own, as people are told."""
        return self.as_good if self.matters else self.tried


class RivalResult(Record):
    """The result without a study, of a preset or a fixed weighting, on the seeds of the claim.

    Attributes:
        name: Of a preset, or a way of weighting that needs no search.
        comparison: The rival against the start weights; None where nothing could be compared.
    """

    name: str
    comparison: Comparison | None


class StudyResult(Record):
    """The outcome of a study."""

    study: str
    best_weights: dict[str, float]
    baseline_weights: dict[str, float]
    baseline: tuple[TrialResult, ...]
    incumbent_weights: dict[str, float]
    stages: tuple[StageResult, ...]
    combination: CombinationResult | None
    confirmation: Comparison | None
    noise: Noise | None
    results: tuple[TrialResult, ...]
    stopped: str = ""
    rivals: tuple[RivalResult, ...] = ()
    simplification: Simplification | None = None
    effects: tuple[WeightEffect, ...] = ()

    @property
    def trials(self) -> pandas.DataFrame:
        """All trials, one row each, weights as columns, in the order they were asked for."""
        import pandas

        return pandas.DataFrame([row(result) for result in self.results])
