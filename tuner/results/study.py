"""The result of a whole study: the best weights, the claim, and what each weight does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tuner.results.comparison import Comparison, Noise
from tuner.results.stage import CombinationResult, Finalist, Simplification, StageResult
from tuner.results.trial import Record, TrialResult, row

if TYPE_CHECKING:
    import pandas


class Share(Record):
    """A part of a gain; 1 is the whole gain.

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
        as_good: Lowest and highest value around its own that lose nothing that is both certain
            (80 % interval) and more than a tenth of the gain.
        matters: Whether its value makes a difference that is larger than the noise. Where it does
            not, any value between those of `tried` is as good.
        share: The part of the gain that is lost when this weight alone returns to its start value;
            None where it is at its start, or no gain is larger than the noise.
        refused: Numbers whose guardrails better values of this weight break, each once.
        broke: Guardrails that any other value of this weight breaks, each once.
        trained: Lowest and highest value that was trained, also without success; None in results
            of earlier versions.
    """

    name: str
    start: float
    value: float
    tried: tuple[float, float]
    as_good: tuple[float, float]
    matters: bool
    share: Share | None = None
    refused: tuple[str, ...] = ()
    broke: tuple[str, ...] = ()
    trained: tuple[float, float] | None = None

    @property
    def edge(self) -> Literal["smallest", "largest", ""]:
        """Which end of all trained values its own is, where beyond it another may be better."""
        low, high = self.trained or (self.value, self.value)
        if low == high or not self.matters:
            return ""
        if self.value == high:
            return "largest"
        return "smallest" if self.value == low > 0 else ""

    @property
    def acceptable_range(self) -> tuple[float, float]:
        """Lowest and highest of the values that are as good, as terminal and report show them."""
        return self.as_good if self.matters else self.tried

    @property
    def compared(self) -> bool:
        """Whether there is another value that its own could be compared with."""
        low, high = self.acceptable_range
        return low < high or self.tried[0] < self.tried[1]


class RivalResult(Record):
    """The result of a preset, or of a weighting without search, on the seeds of the claim.

    Attributes:
        name: Name of the preset, or of the weighting that needs no search.
        comparison: The rival against the start weights; None where nothing could be compared.
        against_best: The rival against the exported weights, with an interval that allows for the
            number of rivals (Bonferroni); None where they have no common seed.
    """

    name: str
    comparison: Comparison | None
    against_best: Comparison | None = None


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
    finalists: tuple[Finalist, ...] = ()
    effects: tuple[WeightEffect, ...] = ()

    @property
    def trials(self) -> pandas.DataFrame:
        """All trials, one row each, weights as columns, in the order they were asked for."""
        import pandas

        return pandas.DataFrame([row(result) for result in self.results])
