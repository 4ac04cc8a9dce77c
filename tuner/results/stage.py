"""The result of each step of a study: of a stage, of the combination, of the simplification."""

from __future__ import annotations

from collections.abc import Mapping

from tuner.results.comparison import Comparison
from tuner.results.guardrail import GuardrailCheck
from tuner.results.trial import Record


class SurfacePoint(Record):
    """The gain that the surface through all trials predicts for one value of a weight.

    Attributes:
        value: The value of the weight.
        gain: Relative to the weight's value before the stage; positive is better.
        low: Lower end of the interval of the gain.
        high: Upper end.
    """

    value: float
    gain: float
    low: float
    high: float


class StageResult(Record):
    """The result of one stage.

    Attributes:
        number: Counted from 1.
        varied: The weight that was varied.
        because: The guide's reason.
        start: Value of the weight before the stage.
        chosen: Value carried into the next stage; equal to `start` unless the verdict is `better`.
        best_tried: The most promising other value; None where all failed.
        tried: Mean score for each value tried, `start` included; None where all diverged.
        comparison: `best_tried` against `start`; None where nothing could be compared.
        curve: The surface along this weight, ascending; empty before it can be fitted.
        note: Why the comparison stopped early; empty where it ran to its end.
        opposite: Whether `best_tried` lies in the direction opposite to the guide's.
        broken: Values that break a guardrail, ascending, each with the first one that it breaks.
    """

    number: int
    varied: str
    because: str
    start: float
    chosen: float
    best_tried: float | None
    tried: tuple[tuple[float, float | None], ...]
    comparison: Comparison | None
    curve: tuple[SurfacePoint, ...] = ()
    note: str = ""
    opposite: bool = False
    broken: tuple[tuple[float, GuardrailCheck], ...] = ()

    @property
    def visible_from(self) -> float | None:
        """The smallest gain that the stage can show; None unless the weight has no visible effect.

        A weight has no visible effect where no tried value comes near that gain. None where one
        does, where a value failed or ended early, or where nothing could be compared.
        """
        comparison = self.comparison
        if comparison is None or comparison.high is None or comparison.verdict != "no difference":
            return None
        if not self.curve or any(score is None for _, score in self.tried):
            return None
        margin = comparison.high - comparison.gain
        return margin if max(abs(at.gain) for at in self.curve) <= margin else None


class CombinationResult(Record):
    """The result of moving several weights at once to the optimum of the surface.

    Attributes:
        number: The number after that of the last stage.
        start: All weights before.
        chosen: All weights that the study goes on with: `best_tried`, unless it could not be
            compared, is `worse`, or is the first change and has no expected gain.
        best_tried: The most promising weights; None where there are none besides `start`.
        tried: Mean score of all weights that were proposed; None where all diverged.
        comparison: `best_tried` against `start`; None where nothing could be compared.
        note: Why the comparison stopped early; empty where it ran to its end.
    """

    number: int
    start: Mapping[str, float]
    chosen: Mapping[str, float]
    best_tried: Mapping[str, float] | None
    tried: tuple[tuple[Mapping[str, float], float | None], ...]
    comparison: Comparison | None
    note: str = ""


class Finalist(Record):
    """A set of weights that was trained as long as the claim, to choose what goes into it.

    Attributes:
        score: Mean over the seeds of that choice; None where a training failed.
        chosen: Whether it goes into the claim.
    """

    weights: Mapping[str, float]
    score: float | None
    chosen: bool


class Simplification(Record):
    """The fewest changes that keep the gain of the stages and the combination.

    Attributes:
        start: All weights before.
        chosen: All weights that go into the confirmation.
        set_back: Weights that return to their start value, because their part of the gain cannot
            be distinguished from noise.
        comparison: `chosen`, or the weights that were refused, against `start` on one seed; None
            where nothing changed or nothing could be compared.
    """

    start: Mapping[str, float]
    chosen: Mapping[str, float]
    set_back: tuple[str, ...]
    comparison: Comparison | None = None
