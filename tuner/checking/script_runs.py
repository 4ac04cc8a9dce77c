"""Runs the user's script a few times, briefly, for a check; nothing is recorded.

once alone -> how many fit side by side -> all others
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

import numpy as np

from tuner.checking.obedience import Fingerprint, distance
from tuner.errors.thread_pool import ThreadPool
from tuner.external.failure import TrialFailed
from tuner.external.process import StopSignal
from tuner.external.scoring import OutputScorer, TrialOutput
from tuner.external.script import Script
from tuner.external.shared_files import writes_into_shared_files
from tuner.external.side_by_side import Usage, fitting, gpu_places, measured
from tuner.external.trial_dir import working_folder
from tuner.results import Trial
from tuner.results.events import CurvePoint, Event
from tuner.spec.study import StudySpec
from tuner.wording import duration

if TYPE_CHECKING:  # it loads torch, which a study with a number of its own does not need
    from tuner.external.heldout import Heldout

PROBE_STEPS = 20
"""Enough steps to change a pixel of some held-out photo, in a short time."""


SEED, OTHER_SEED = 1, 2
FIRST = 0
"""Number of the first run."""

NOTE_SECONDS = 1.0
T = TypeVar("T")


def runs_of(spec: StudySpec) -> int:
    """How often the script is run: twice as it is, once with another seed, once for each weight."""
    return 3 + len(spec.weights)


def steps_of(spec: StudySpec) -> int:
    """The number of steps of each of these trainings."""
    return min(spec.trainer.check_steps or PROBE_STEPS, spec.trainer.steps)


class ScriptRuns:
    """Runs the script with some weights: first once alone, then as many at a time as fit.

    Args:
        folder: The parent of a folder for each run.
        heldout: The photos to predict; None for a study with a metric of its own.
        judging: Raises an error for an output that a study could not score.
        note: Is told what goes on, about once a second.

    Attributes:
        used: What the first run took.
        last_step: The last step in its curves; 0 without curves.
        missing_numbers: Why `trainer.metrics` found no numbers; empty where it found some.
        broken_numbers: Sentences about numbers of the first run that were NaN or infinite.
        remarks: What a study would remark on the first run.
        side_by_side: How many of the other runs were begun together.
    """

    def __init__(
        self,
        spec: StudySpec,
        folder: Path,
        heldout: Heldout | None,
        judging: OutputScorer,
        note: Callable[[str], None],
    ) -> None:
        # A new name: scripts that resume from files of their study must find none.
        self._named = spec.model_copy(update={"study": f"{spec.study}-check-{uuid4().hex[:6]}"})
        self._stop = StopSignal()
        self._script = Script(self._named, folder, heldout, self._hear, self._stop)
        self._spec, self._judging, self._note = spec, judging, note
        self.used = Usage()
        self.last_step = 0
        self.missing_numbers = ""
        self.broken_numbers: tuple[str, ...] = ()
        self.remarks: tuple[str, ...] = ()
        self.side_by_side = 1

    def first(self) -> Fingerprint:
        """The predictions, or the score, with the study's own weights.

        Raises:
            TrialFailed: It failed, or its predictions are written wrongly.
        """
        began = time.time()
        trial = self._trial(FIRST, self._spec.weights, SEED)
        with measured() as used:
            [left] = self._side_by_side([partial(self._script.run, trial)], self._tell_first)
        self.used = used
        left.refuse_a_fault()
        self.missing_numbers, self.broken_numbers = left.missing_numbers, left.broken_numbers
        judged = self._judging.judged(trial, left)
        self.remarks = tuple(filter(None, (judged.reason, *judged.warnings)))
        self.side_by_side = self._fitting(began)
        return self._fingerprint(left)

    def others(
        self, usual: Fingerprint, asked: Sequence[tuple[Mapping[str, float], int]]
    ) -> list[float]:
        """How far other weights or another seed lead, in order; infinitely where a run failed.

        Args:
            usual: What the first run gave.
            asked: Weights and seed of each run.

        Raises:
            TrialFailed: A run with the study's own weights failed.
        """
        gpus = gpu_places(self.side_by_side)

        def run(number: int, weights: Mapping[str, float], seed: int) -> float:
            gpu = gpus.get()
            try:
                left = self._script.run(self._trial(number, weights, seed), gpu)
                return distance(usual, self._fingerprint(left))
            except TrialFailed:
                if dict(weights) == dict(self._spec.weights):
                    raise
                return math.inf
            finally:
                gpus.put(gpu)

        runs = [partial(run, number, *each) for number, each in enumerate(asked, FIRST + 1)]
        return self._side_by_side(runs, self._tell_others)

    def _side_by_side(
        self, runs: Sequence[Callable[[], T]], tell: Callable[[int, int, float], None]
    ) -> list[T]:
        """All results in order; where one fails, the others are ended."""
        began = time.monotonic()
        with ThreadPool(self.side_by_side) as pool:
            tasks = [pool.submit(run) for run in runs]
            try:
                waiting = set(tasks)
                while waiting:
                    tell(len(tasks) - len(waiting), len(tasks), time.monotonic() - began)
                    done, waiting = pool.wait_for_first(waiting, NOTE_SECONDS)
                    for task in done:
                        task.result()
            except BaseException:
                self._stop.ask()
                raise
        return [task.result() for task in tasks]

    def _tell_first(self, _done: int, _count: int, seconds: float) -> None:
        count, steps = runs_of(self._spec), steps_of(self._spec)
        so_far = f", the first since {duration(seconds)}" if seconds >= NOTE_SECONDS else ""
        self._note(f"running your script, {count} times {steps} steps{so_far}")

    def _tell_others(self, done: int, count: int, seconds: float) -> None:
        together = math.ceil(count / self.side_by_side) * self.used.seconds
        left = max(together - seconds, (count - done) / count * self.used.seconds)
        at_once = f" ({self.side_by_side} at a time)" if self.side_by_side > 1 else ""
        self._note(
            f"running your script: {done + 1} of {count + 1} done{at_once}, "
            f"about {duration(left)} left"
        )

    def _fitting(self, began: float) -> int:
        """One at a time where a script writes into files that all its trainings have."""
        parallel = self._spec.trainer.parallel
        fit = fitting(self.used, parallel)
        if parallel > 1 or fit == 1:
            return fit
        trial = f"{self._named.study}-{FIRST:03d}"
        return 1 if writes_into_shared_files(working_folder(self._spec), began, trial) else fit

    def _trial(self, number: int, weights: Mapping[str, float], seed: int) -> Trial:
        return Trial(
            weights=dict(weights), seed=seed, steps=steps_of(self._spec), role="baseline",
            number=number,
        )  # fmt: skip

    def _fingerprint(self, left: TrialOutput) -> Fingerprint:
        if left.predictions is not None:
            return left.predictions.astype(np.float64) / 255
        trial = Trial(weights=self._spec.weights, seed=SEED, steps=1, role="baseline")
        score = self._judging.judged(trial, left).score
        return np.array([np.nan if score is None else score])

    def _hear(self, event: Event) -> None:
        if isinstance(event, CurvePoint) and event.number == FIRST:
            self.last_step = max(self.last_step, event.step)
