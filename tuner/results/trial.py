"""Trials: what is trained, and how it ended.

A score is lower when it is better.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Role = Literal[
    "baseline",
    "candidate",
    "combination",
    "repeat",
    "ablation",
    "finalist",
    "confirmation",
    "rival",
]

ON_THE_WAY = (1 / 8, 1 / 4, 1 / 2)
"""Shares of its steps at which a trial is evaluated before its end, and may leave."""

Status = Literal["complete", "rejected", "diverged", "pruned"]


class Record(BaseModel):
    """Base of all results: frozen, and written to disk as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Trial(Record):
    """One training with one set of weights and one seed.

    Attributes:
        weights: All weights of the loss, by name.
        seed: Decides initialization, order of the photos and crops; they are equal for equal seeds.
        steps: Optimizer steps.
        role: Why it is trained.
        stage: Number of the stage it was proposed in, counted from 1; 0 outside stages.
        varied: The weight in which it differs from the incumbent; None for the baseline.
        number: Optuna's number of the trial; -1 as long as it has none.
        rival: What the study is compared with: the name of a preset, or of a weighting
            that needs no search; empty for the study's own trials.
        ahead: Whether it is trained before it is asked for, as it probably will be.
    """

    weights: Mapping[str, float]
    seed: int
    steps: int
    role: Role
    stage: int = 0
    varied: str | None = None
    number: int = -1
    rival: str = ""
    ahead: bool = False

    def is_of(self, weights: Mapping[str, float]) -> bool:
        """Whether the study itself trains these weights; a rival does not count."""
        return not self.rival and dict(self.weights) == dict(weights)

    @property
    def purpose(self) -> str:
        """The role in the words of reports."""
        return "fewest changes" if self.role == "ablation" else self.role

    @property
    def title(self) -> str:
        """A short name, such as `03 ab_weight=4 seed 1`."""
        what = f"{self.varied}={self.weights[self.varied]:.4g}" if self.varied else self.purpose
        what = f"instead: {self.rival}" if self.rival else what
        return f"{self.number:02d} {what} seed {self.seed}"


class Evaluation(Record):
    """The score of the held-out photos at one step of a training.

    Attributes:
        step: Number of optimizer steps done.
        score: Computed as for a finished trial.
        ab_slope: Slope of the predicted on the true a and b; 0 is gray, 1 is full color.
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
"""Returns the trials that end before their last step, by number, with the reason."""


def never_prune(_running: Sequence[RunningTrial]) -> Mapping[int, str]:
    """Trains every trial to its last step."""
    return {}


LARGEST_SCORE = 1e100
"""Scores beyond it, up or down, are those of a training that diverged."""


class TrialResult(Record):
    """How one trial ended.

    Attributes:
        score: Lower is better, 0 is the photo itself; None for a diverged or pruned trial. A
            trial whose score is beyond `LARGEST_SCORE`, up or down, counts as diverged.
        reason: Why it was rejected, diverged or pruned, in one sentence.
        measures: Every recorded number of the held-out photos, averaged, by name.
        warnings: Findings of guardrails that do not reject the trial.
        seconds: Wall time of the training.
        evaluations: In the order of steps, the last included; empty where there were none. The
            journal calls them `looks`.
        photo_scores: What each held-out photo says the score is; their mean is the score. Only of
            trials of the claim, and where predictions are scored.
        vault_scores: The same of the photos of the vault, where there is one.
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
    photo_scores: tuple[float, ...] = ()
    vault_scores: tuple[float, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _too_large_is_diverged(cls, fields: Any) -> Any:
        """Squares and higher powers of a larger score would leave the range of numbers."""
        score = fields.get("score") if isinstance(fields, Mapping) else None
        if not isinstance(score, int | float) or abs(score) <= LARGEST_SCORE:
            return fields
        reason = f"its score {score:g} is beyond {LARGEST_SCORE:g}"
        return {**fields, "score": None, "status": "diverged", "reason": reason}


def row(result: TrialResult) -> dict[str, Any]:
    """A result as one row of the table of trials."""
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
