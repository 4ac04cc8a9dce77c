"""Runs the user's script a few times, briefly, to check it; nothing is recorded."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from tuner.checking.obedience import SUBJECT, Fingerprint, judge, obeys
from tuner.checking.result import CheckResult
from tuner.external.failure import TrialFailed
from tuner.external.process import StopSignal
from tuner.external.scoring import OutputScorer, TrialOutput
from tuner.external.script import Script
from tuner.results import Trial
from tuner.results.events import CurvePoint, Event
from tuner.runner.ignored_seed import CURE, describe_ignored_seed
from tuner.spec.study import StudySpec
from tuner.wording import duration

if TYPE_CHECKING:  # it loads torch, which a study with a number of its own does not need
    from tuner.external.heldout import Heldout

PROBE_STEPS = 20
"""Enough steps to change a pixel of some held-out photo, in a short time."""


SEED, OTHER_SEED = 1, 2

LATER = "look at that with more trainer.check_steps: so short a training may do it"


def runs_of(spec: StudySpec) -> int:
    """How often the script is run: twice as it is, once with another seed, once for each weight."""
    return 3 + len(spec.weights)


def steps_of(spec: StudySpec) -> int:
    """The number of steps of each of these trainings."""
    return min(spec.trainer.check_steps or PROBE_STEPS, spec.trainer.steps)


class ExternalProbe:
    """Runs the script with some weights, from the same seed unless another one is asked for.

    Args:
        folder: The parent of a folder for each run.
        heldout: The photos to predict; None for a study with a metric of its own.
        judging: Raises an error for an output that a study could not score.

    Attributes:
        seconds: Wall time of the first run.
        last_step: The last step in its curves; 0 without curves.
        missing_numbers: Why `trainer.metrics` found no numbers; empty where it found some.
        not_finite: The step at which a number of the first run was NaN or infinite, by name.
        remarks: What a study would remark on the first run.
    """

    def __init__(
        self, spec: StudySpec, folder: Path, heldout: Heldout | None, judging: OutputScorer
    ) -> None:
        # A new name: scripts that resume from files of their study must find none.
        named = spec.model_copy(update={"study": f"{spec.study}-check-{uuid4().hex[:6]}"})
        self._script = Script(named, folder, heldout, self._hear, StopSignal())
        self._spec = spec
        self._judging = judging
        self._runs = 0
        self._usual: Fingerprint | None = None
        self.seconds = 0.0
        self.last_step = 0
        self.missing_numbers = ""
        self.not_finite: Mapping[str, int] = {}
        self.remarks: tuple[str, ...] = ()

    def __call__(self, weights: Mapping[str, float], seed: int = SEED) -> Fingerprint:
        """The predictions, or the score; NaN where the run failed.

        Raises:
            TrialFailed: The run with the study's own weights failed.
        """
        trial = Trial(
            weights=dict(weights), seed=seed, steps=steps_of(self._spec), role="baseline",
            number=self._runs,
        )  # fmt: skip
        self._runs += 1
        began = time.monotonic()
        try:
            left = self._script.run(trial)
            if self._usual is None:
                left.refuse_a_fault()
            fingerprint = self._fingerprint(left)
        except TrialFailed:
            if self._usual is None or dict(weights) == dict(self._spec.weights):
                raise
            return np.full_like(self._usual, np.nan)
        if self._usual is None:
            self._usual, self.seconds = fingerprint, time.monotonic() - began
            self.missing_numbers = left.missing_numbers
            self.not_finite = left.not_finite
            judged = self._judging.judged(trial, left)
            self.remarks = tuple(filter(None, (judged.reason, *judged.warnings)))
        return fingerprint

    def ignores_its_seed(self) -> bool:
        """Whether another seed leaves exactly the same; call it once a first run has worked.

        Raises:
            TrialFailed: It failed.
        """
        assert self._usual is not None, "run before"
        return np.array_equal(self._usual, self(self._spec.weights, OTHER_SEED))

    def _fingerprint(self, left: TrialOutput) -> Fingerprint:
        if left.predictions is not None:
            return left.predictions.astype(np.float64) / 255
        trial = Trial(weights=self._spec.weights, seed=SEED, steps=1, role="baseline")
        score = self._judging.judged(trial, left).score
        return np.array([np.nan if score is None else score])

    def _hear(self, event: Event) -> None:
        if isinstance(event, CurvePoint) and self._runs == 1:
            self.last_step = max(self.last_step, event.step)


def check_external_obedience(
    spec: StudySpec,
    folder: Path,
    heldout: Heldout | None,
    judging: OutputScorer,
    note: Callable[[str], None],
) -> Iterator[CheckResult]:
    """Checks whether the script works, and obeys every weight and the number of steps.

    Args:
        folder: Folder of the runs; it is removed where all of them worked.
    """
    probe, count = ExternalProbe(spec, folder, heldout, judging), runs_of(spec)
    after = f"after {steps_of(spec)} steps"
    note(f"running your script, {count} times {steps_of(spec)} steps")
    tried = []
    try:
        for number, one in enumerate(obeys(spec.weights, probe), start=3):
            left = probe.seconds * (count - number)
            note(f"running your script: {number} of {count} done, about {duration(left)} left")
            tried.append(one)
        ignores_seed = probe.ignores_its_seed()
    except TrialFailed as failed:
        advice = f"mend it; {folder / 'trials'} has the whole output"
        if spec.trainer.metrics is not None and "no number" in failed.reason:
            advice += f"; if it reports later than after {steps_of(spec)} steps, raise "
            advice += "trainer.check_steps"
        yield CheckResult(SUBJECT, "red", f"your script fails: {failed.reason}", advice)
        return
    yield CheckResult(
        SUBJECT, "green", f"your script works: {steps_of(spec)} steps in {duration(probe.seconds)}"
    )
    for name, step in probe.not_finite.items():
        told = f"its '{name}' is NaN or infinite at step {step}"
        yield CheckResult(SUBJECT, "amber", told, "lower the learning rate, or look for log(0)")
    yield from (
        CheckResult(SUBJECT, "amber", f"{after} its predictions say: {remark}", LATER)
        for remark in probe.remarks
    )
    yield from judge(tried, after)
    if ignores_seed:
        told = describe_ignored_seed((SEED, OTHER_SEED), spec.objective)
        yield CheckResult(SUBJECT, "red", f"{told} ({after})", CURE)
    if probe.missing_numbers:
        yield CheckResult(
            SUBJECT,
            "amber",
            f"there will be no curves: {probe.missing_numbers}",
            "look where it writes them; if it does so later than after "
            f"{steps_of(spec)} steps, raise trainer.check_steps",
        )
    yield from _steps(spec, probe.last_step)
    shutil.rmtree(folder, ignore_errors=True)


def _steps(spec: StudySpec, last_step: int) -> Iterator[CheckResult]:
    """Whether the script stops at the requested step; nothing where its curves do not show it."""
    asked, per_epoch = steps_of(spec), spec.trainer.steps_per_epoch or 1
    longest = math.ceil(asked / per_epoch) * per_epoch
    if last_step > longest + 1:  # some count from 0, some from 1
        yield CheckResult(
            SUBJECT,
            "amber",
            f"asked for {asked} steps, its curve goes to step {last_step}",
            "hand the steps over: {steps}, {epochs} or TUNER_STEPS; or let its curve name its step",
        )
    elif last_step >= asked - 1:
        yield CheckResult(SUBJECT, "green", f"obeys the steps: its curve ends at step {last_step}")
