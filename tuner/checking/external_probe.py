"""Checks whether the user's script works, and obeys its weights, its seed and its steps."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tuner.checking.obedience import SUBJECT, Obedience, changes_of, judge
from tuner.checking.result import CheckResult
from tuner.checking.script_runs import OTHER_SEED, SEED, ScriptRuns, steps_of
from tuner.external.failure import TrialFailed
from tuner.external.scoring import OutputScorer
from tuner.runner.ignored_seed import CURE, describe_ignored_seed
from tuner.spec.study import StudySpec
from tuner.wording import duration

if TYPE_CHECKING:  # it loads torch, which a study with a number of its own does not need
    from tuner.external.heldout import Heldout

LONGER = "raise trainer.check_steps"
LATER = "look at that with more trainer.check_steps: so short a training may do it"


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
    runs = ScriptRuns(spec, folder, heldout, judging, note)
    after = f"after {steps_of(spec)} steps"
    own, changes = spec.weights, changes_of(spec.weights)
    asked = [({**own, one.weight: one.after}, SEED) for one in changes]
    try:
        usual = runs.first()
        scatter, reseeded, *moved = runs.others(usual, [(own, SEED), (own, OTHER_SEED), *asked])
    except TrialFailed as failed:
        yield _failure(spec, folder, failed.reason)
        return
    works = f"your script works: {steps_of(spec)} steps in {duration(runs.used.seconds)}"
    yield CheckResult(SUBJECT, "green", works)
    for sentence in runs.broken_numbers:
        yield CheckResult(SUBJECT, "amber", sentence, "lower the learning rate, or look for log(0)")
    for remark in runs.remarks:
        yield CheckResult(SUBJECT, "amber", f"{after} its predictions say: {remark}", LATER)
    tried = [Obedience(*one, far, scatter) for one, far in zip(changes, moved, strict=True)]
    yield from judge(tried, after)
    if reseeded == 0:
        ignored = describe_ignored_seed((SEED, OTHER_SEED), spec.objective)
        yield CheckResult(SUBJECT, "red", f"{ignored} ({after})", CURE)
    if runs.missing_numbers:
        lost = f"there will be no curves: {runs.missing_numbers}"
        advice = f"look where it writes them; if it does so later than {after}, {LONGER}"
        yield CheckResult(SUBJECT, "amber", lost, advice)
    yield from _steps(spec, runs.last_step)
    shutil.rmtree(folder, ignore_errors=True)


def _failure(spec: StudySpec, folder: Path, reason: str) -> CheckResult:
    advice = f"mend it; {folder / 'trials'} has the whole output"
    if spec.trainer.metrics is not None and "no number" in reason:
        advice += f"; if it reports later than after {steps_of(spec)} steps, {LONGER}"
    return CheckResult(SUBJECT, "red", f"your script fails: {reason}", advice)


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
