"""Evaluations of a script's training before its end, by which a trial may leave early.

They are taken at the same shares of the steps as those of the built-in trainer, from what the
script leaves by itself: the metric of the study where it is reported meanwhile, or predictions
whose pattern names the steps. Where nothing is left on the way there are none, and no trial leaves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tuner.external.failure import TrialFailed
from tuner.results import ON_THE_WAY, Evaluation, Trial
from tuner.spec.objective import ObjectiveSpec
from tuner.spec.placeholders import fields_of

if TYPE_CHECKING:  # it loads torch, which a study with a number of its own does not need
    from tuner.data.cutting import Pixels
    from tuner.external.heldout import Heldout
    from tuner.external.predictions import Marks

Judge = Callable[[Trial, int, "Pixels"], Evaluation]
"""Scores predictions of a trial at a step."""


class LeftEarly(Exception):
    """A trial that is clearly behind was ended.

    Args:
        reason: Why, in one sentence.
        evaluations: Of the trial so far.
    """

    def __init__(self, reason: str, evaluations: tuple[Evaluation, ...]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.evaluations = evaluations


class Course(Protocol):
    """The evaluations of one training, as they come."""

    def take(self, step: int, numbers: Mapping[str, float]) -> None:
        """Takes the numbers that the script reported at a step."""

    def read(self) -> tuple[Evaluation, ...]:
        """All evaluations so far, in the order of steps; the end is not among them."""


class MetricCourse:
    """Takes the metric that decides: its first value at or after each share of the steps."""

    def __init__(self, trial: Trial, objective: ObjectiveSpec) -> None:
        assert objective.metric is not None, "it decides"
        self._metric = objective.metric
        self._sign = objective.unit.sign
        self._steps, self._goals = trial.steps, goals_of(trial)
        self._evaluations: tuple[Evaluation, ...] = ()

    def take(self, step: int, numbers: Mapping[str, float]) -> None:
        """As `Course` says."""
        value = numbers.get(self._metric)
        if value is None or not self._goals or not self._goals[0] <= step < self._steps:
            return
        self._goals = [goal for goal in self._goals if goal > step]
        if math.isfinite(value):
            one = Evaluation(step=step, score=self._sign * value, ab_slope=0.0)
            self._evaluations = (*self._evaluations, one)

    def read(self) -> tuple[Evaluation, ...]:
        """As `Course` says."""
        return self._evaluations


class PictureCourse:
    """Scores predictions that lie there after a share of the steps.

    Args:
        pattern: Of the predictions; on the way `{steps}` in it stands for the steps so far.
    """

    def __init__(
        self,
        trial: Trial,
        pattern: str,
        cwd: Path,
        fields: Mapping[str, str],
        heldout: Heldout,
        judge: Judge,
    ) -> None:
        self._trial, self._pattern, self._cwd, self._fields = trial, pattern, cwd, fields
        self._heldout, self._judge = heldout, judge
        self._goals = goals_of(trial) if "steps" in fields_of(pattern) else []
        self._before = {goal: self._marks(goal) for goal in self._goals}
        self._evaluations: tuple[Evaluation, ...] = ()

    def take(self, step: int, numbers: Mapping[str, float]) -> None:
        """As `Course` says; numbers do not decide."""

    def read(self) -> tuple[Evaluation, ...]:
        """As `Course` says."""
        for goal in self._goals:
            squares = self._predicted(goal)
            if squares is not None:
                self._goals = [later for later in self._goals if later > goal]
                one = self._judge(self._trial, goal, squares)
                self._evaluations = (*self._evaluations, one)
        return self._evaluations

    def _predicted(self, step: int) -> Pixels | None:
        """The predictions after some steps; None where they are not there, or not all."""
        from tuner.external.predictions import read_predictions

        found = self._find(step)
        if not {name for name, _ in found} >= set(self._heldout.names):
            return None
        try:
            return read_predictions(found, self._heldout, self._pattern, self._before[step])
        except TrialFailed:
            return None  # one of them is being written, or is of an earlier trial

    def _marks(self, step: int) -> Marks:
        """How the predictions look that lie there before the trial."""
        from tuner.external.predictions import marks_of

        return marks_of(self._find(step))

    def _find(self, step: int) -> list[tuple[str, Path]]:
        from tuner.external.predictions import find_predictions

        return find_predictions(self._pattern, self._cwd, {**self._fields, "steps": str(step)})


class NoCourse:
    """Of a script whose way is not looked at."""

    def take(self, step: int, numbers: Mapping[str, float]) -> None:
        """As `Course` says."""

    def read(self) -> tuple[Evaluation, ...]:
        """As `Course` says."""
        return ()


def goals_of(trial: Trial) -> list[int]:
    """The steps at which a trial is evaluated before its end."""
    goals = {round(share * trial.steps) for share in ON_THE_WAY}
    return sorted(goal for goal in goals if 0 < goal < trial.steps)
