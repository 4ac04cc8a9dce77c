"""Makes results of what a trial left: predictions that are scored here, or a number of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tuner.external.failure import TrialFailed
from tuner.results import Trial, TrialResult
from tuner.spec.objective import ObjectiveSpec
from tuner.wording import did_you_mean, listed


@dataclass(frozen=True)
class TrialOutput:
    """What a trial left.

    Attributes:
        last: The latest of its own numbers, by name.
        predictions: uint8, (M, s, s, 3); None for a study with a metric of its own.
        silence: Why nothing was found where `trainer.metrics` says; empty where something was.
    """

    last: Mapping[str, float]
    predictions: NDArray[np.uint8] | None = None
    silence: str = ""


class OutputScorer(Protocol):
    """Judges what a trial left."""

    @property
    def facts(self) -> Mapping[str, str]:
        """What scores of one study have in common, as text by name."""

    @property
    def notice(self) -> str:
        """What the user should know about the scores; empty where there is nothing."""

    def judged(self, trial: Trial, left: TrialOutput) -> TrialResult:
        """The result of a trial.

        Raises:
            Failed: What it left cannot be judged.
        """


class MetricScorer:
    """Takes a number of the script's own for the score; turned where more is better."""

    def __init__(self, objective: ObjectiveSpec) -> None:
        assert objective.metric is not None, "asked for"
        self._metric = objective.metric
        self._maximize = objective.direction == "maximize"
        self.facts = {"objective": f"{objective.direction} {objective.metric}"}

    @property
    def notice(self) -> str:
        """As `OutputScorer` says."""
        if self._maximize:
            return (
                f"The score is '{self._metric}' with its sign turned, so that lower is better; "
                "guardrails and pictures are for studies that score photos."
            )
        return (
            f"The score is '{self._metric}', lower is better; guardrails and pictures are for "
            "studies that score photos."
        )

    def judged(self, trial: Trial, left: TrialOutput) -> TrialResult:
        """As `OutputScorer` says."""
        value = left.last.get(self._metric)
        if value is None:
            said = f"it reported {listed(left.last)}" if left.last else "it reported nothing"
            hint = did_you_mean(self._metric, left.last)
            also = f"; {left.silence}" if left.silence else ""
            raise TrialFailed(f"there is no number '{self._metric}': {said}{hint}{also}")
        if not math.isfinite(value):
            raise TrialFailed(f"its '{self._metric}' ended as {value}")
        return TrialResult(
            trial=trial,
            status="complete",
            score=-value if self._maximize else value,
            measures={self._metric: value},
        )
