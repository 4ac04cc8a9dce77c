"""Turns the output of a trial into a result: scores its predictions, or takes its own metric."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tuner.external.failure import TrialFailed
from tuner.external.on_the_way import Course, MetricCourse
from tuner.results import Evaluation, Guardrail, Trial, TrialResult
from tuner.spec.objective import ObjectiveSpec
from tuner.wording import did_you_mean, listed


@dataclass(frozen=True)
class TrialOutput:
    """The output of a trial.

    Attributes:
        last: The latest value of each of its numbers, by name.
        predictions: uint8, (M, s, s, 3); None for a study with a metric of its own.
        fault: What is wrong with how the predictions were written; empty where nothing is.
        not_finite: The step from which on a number was NaN or infinite, by its name.
        missing_numbers: Why `trainer.metrics` found nothing; empty where it found something.
        evaluations: Before the end of the training.
    """

    last: Mapping[str, float]
    predictions: NDArray[np.uint8] | None = None
    fault: str = ""
    missing_numbers: str = ""
    not_finite: Mapping[str, int] = field(default_factory=dict)
    evaluations: tuple[Evaluation, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences about the output that the user should read, without a period."""
        return tuple(filter(None, (self.fault, *self.broken_numbers, self.missing_numbers)))

    @property
    def broken_numbers(self) -> tuple[str, ...]:
        """A sentence for each number that was NaN or infinite, without a period."""
        broken = self.not_finite.items()
        return tuple(f"its '{name}' is NaN or infinite at step {step}" for name, step in broken)

    def refuse_a_fault(self) -> None:
        """Refuses predictions that were written wrongly.

        Raises:
            TrialFailed: Says how.
        """
        if self.fault:
            raise TrialFailed(f"{self.fault}; no weight of a loss mends that")


class OutputScorer(Protocol):
    """Scores the output of a trial."""

    @property
    def facts(self) -> Mapping[str, str]:
        """Facts that all scores of one study share, as text by name."""

    @property
    def notices(self) -> Sequence[str]:
        """What is wrong with the scores."""

    @property
    def remarks(self) -> Sequence[str]:
        """What the scores are, where that is not told elsewhere."""

    def course(self, trial: Trial, fields: Mapping[str, str]) -> Course:
        """What evaluates a trial before its end.

        Args:
            fields: Values of templates for this trial.
        """

    def judged(self, trial: Trial, left: TrialOutput) -> TrialResult:
        """The result of a trial.

        Raises:
            TrialFailed: The output cannot be scored.
        """


class MetricScorer:
    """Takes the script's own metric as the score; its sign is turned where higher is better.

    Args:
        guardrails: On further numbers, which every trial has to report as well.
    """

    def __init__(self, objective: ObjectiveSpec, guardrails: Sequence[Guardrail] = ()) -> None:
        assert objective.metric is not None, "asked for"
        self._objective, self._metric = objective, objective.metric
        self._unit = objective.unit
        self._guardrails = guardrails
        self.notices = ()
        self.remarks = (f"The score is '{self._metric}', {self._unit.better} is better.",)
        self.facts = {"objective": f"{objective.direction} {objective.metric}"}

    def course(self, trial: Trial, fields: Mapping[str, str]) -> Course:  # noqa: ARG002
        """As `OutputScorer` says."""
        return MetricCourse(trial, self._objective)

    def judged(self, trial: Trial, left: TrialOutput) -> TrialResult:
        """As `OutputScorer` says."""
        names = dict.fromkeys([self._metric, *(one.metric for one in self._guardrails)])
        measures = {name: _last(name, left) for name in names}
        score = self._unit.sign * measures[self._metric]
        last = Evaluation(step=trial.steps, score=score, ab_slope=0.0)
        return TrialResult(
            trial=trial,
            status="complete",
            score=score,
            measures=measures,
            evaluations=(*left.evaluations, last) if left.evaluations else (),
        )


def _last(name: str, left: TrialOutput) -> float:
    """The latest value of a number.

    Raises:
        TrialFailed: There is none, or it is not finite.
    """
    value = left.last.get(name)
    if value is None:
        said = f"it reported {listed(left.last)}" if left.last else "it reported nothing"
        hint = did_you_mean(name, left.last)
        also = f"; {left.missing_numbers}" if left.missing_numbers else ""
        raise TrialFailed(f"there is no number '{name}': {said}{hint}{also}")
    if not math.isfinite(value):
        since = left.not_finite.get(name)
        when = f" (NaN or infinite since step {since})" if since is not None else ""
        raise TrialFailed(f"its '{name}' ended as {value}{when}")
    return value
