"""The results of a study: trials, stages, and the claim, as immutable records.

A score is lower when it is better; a gain is positive when it is better.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import pandas

Role = Literal[
    "baseline", "candidate", "combination", "repeat", "ablation", "confirmation", "rival"
]
UNSEARCHED = ("rlw", "uw-so")
"""Ways of weighting the loss that need no search: random, and softmax uncertainty weighting."""

Status = Literal["complete", "rejected", "diverged", "pruned"]
Verdict = Literal["better", "no difference", "worse"]


class Record(BaseModel):
    """Base of all results: frozen, and written to disk as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Trial(Record):
    """One training with one set of weights and one seed.

    Attributes:
        weights: All weights of the loss, by name.
        seed: Decides initialization, data order and crops; equal seeds share all three.
        steps: Optimizer steps.
        role: Why it is trained.
        stage: Number of the stage it was proposed in, counted from 1; 0 outside stages.
        varied: The weight in which it differs from the incumbent; None for the baseline.
        number: Optuna's number of the trial; -1 before it has one.
        rival: What the study is compared with: the name of a preset, or a way of weighting that
            needs no search, `rlw` or `uw-so`; empty for the study's own trials.
    """

    weights: Mapping[str, float]
    seed: int
    steps: int
    role: Role
    stage: int = 0
    varied: str | None = None
    number: int = -1
    rival: str = ""

    def is_of(self, weights: Mapping[str, float]) -> bool:
        """Whether the study itself trains these weights; a rival does not count."""
        return not self.rival and dict(self.weights) == dict(weights)

    @property
    def title(self) -> str:
        """A short name, such as `03 ab_weight=4 seed 1`."""
        what = f"{self.varied}={self.weights[self.varied]:.4g}" if self.varied else self.role
        what = f"instead: {self.rival}" if self.rival else what
        return f"{self.number:02d} {what} seed {self.seed}"


class Evaluation(Record):
    """The score of the held-out photos at one step of a training.

    Attributes:
        step: Optimizer steps done.
        score: Computed as for a finished trial.
        ab_slope: Slope of the predicted on the true a and b; 0 is no color, 1 all of it.
    """

    step: int
    score: float
    ab_slope: float


class RunningTrial(Record):
    """A trial in training, with its evaluations so far.

    Attributes:
        evaluations: Evaluations in the order of steps.
    """

    trial: Trial
    evaluations: tuple[Evaluation, ...]


Prune = Callable[[Sequence[RunningTrial]], Mapping[int, str]]
"""Names the trials that end before their last step, by number, with the reason."""


def never_prune(_running: Sequence[RunningTrial]) -> Mapping[int, str]:
    """Every trial is trained to its end."""
    return {}


class TrialResult(Record):
    """How one trial ended.

    Attributes:
        score: Lower is better, 0 is the photo itself; None for a diverged or pruned trial.
        reason: Why it was rejected, diverged or pruned, one sentence.
        measures: Every recorded number of the held-out photos, averaged, by name.
        warnings: What a guardrail noticed without rejecting.
        seconds: Wall time that the training took.
        evaluations: In the order of steps, the last included; empty where there were none. The
            journal calls them `looks`.
    """

    model_config = ConfigDict(populate_by_name=True)

    trial: Trial
    status: Status
    score: float | None
    reason: str = ""
    measures: Mapping[str, float] = {}
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    evaluations: tuple[Evaluation, ...] = Field(default=(), alias="looks")


class Comparison(Record):
    """Two sets of weights against each other on equal seeds.

    Attributes:
        before: Mean score of the first set.
        after: Mean score of the second set.
        gain: `before - after`; positive is better.
        low: Lower end of the interval of the gain; None where the noise is not known.
        high: Upper end.
        confidence: Coverage of the interval, such as 0.95.
        seeds: The seeds that both were trained on.
        verdict: `better` where the interval lies above 0, `worse` where below.
    """

    before: float
    after: float
    gain: float
    low: float | None
    high: float | None
    confidence: float
    seeds: tuple[int, ...]
    verdict: Verdict


class SurfacePoint(Record):
    """What the surface through all trials expects of one value of a weight.

    Attributes:
        value: Of the weight.
        gain: Over the weight's value before the stage; positive is better.
        low: Lower end of the interval of the gain.
        high: Upper end.
    """

    value: float
    gain: float
    low: float
    high: float


class StageResult(Record):
    """What one stage found.

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
        note: Why no more was spent on the comparison; empty where it ran to its end.
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

    @property
    def visible_from(self) -> float | None:
        """The least gain that the stage would have shown, where no value tried comes near it.

        Such a weight has no effect in this range that is larger than the noise. None where it
        has one, where a value failed or ended early, or where nothing could be compared.
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
        number: Number behind the last stage.
        start: All weights before.
        chosen: All weights carried on: `best_tried`, unless it could not be compared, is `worse`,
            or is the first change and no gain can be expected of it.
        best_tried: The most promising weights; None where there are none besides `start`.
        tried: Mean score of all weights that were proposed; None where all diverged.
        comparison: `best_tried` against `start`; None where nothing could be compared.
        note: Why no more was spent on the comparison; empty where it ran to its end.
    """

    number: int
    start: Mapping[str, float]
    chosen: Mapping[str, float]
    best_tried: Mapping[str, float] | None
    tried: tuple[tuple[Mapping[str, float], float | None], ...]
    comparison: Comparison | None
    note: str = ""


class Simplification(Record):
    """What was left of the changes that the stages and the combination made.

    Attributes:
        start: All weights before.
        chosen: All weights that are confirmed.
        set_back: The weights that are at their start again, since they carried nothing that could
            be told from noise.
        comparison: `chosen`, or what was refused, against `start` on one seed; None where
            nothing changed or nothing could be compared.
    """

    start: Mapping[str, float]
    chosen: Mapping[str, float]
    set_back: tuple[str, ...]
    comparison: Comparison | None = None


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


class Noise(Record):
    """How much the score of one training scatters once its seed's share is taken out.

    Attributes:
        sd: Standard deviation of one score.
        degrees: Degrees of freedom behind `sd`.
        spread: Standard deviation between seeds of the baseline, seed's share included.
        paired: Whether several weights were trained on the same seeds. Before that `sd` is the
            baseline's spread, which may be far too large.
    """

    sd: float
    degrees: int
    spread: float
    paired: bool = True


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


def row(result: TrialResult) -> dict[str, Any]:
    """One flat row of the table of trials."""
    trial = result.trial
    return {
        "trial": trial.number,
        "stage": trial.stage,
        "role": trial.role,
        "varied": trial.varied,
        **trial.weights,
        "seed": trial.seed,
        "steps": trial.steps,
        "status": result.status,
        "score": result.score,
        "reason": result.reason,
        "seconds": result.seconds,
        **result.measures,
    }
