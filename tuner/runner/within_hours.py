"""Fits a study into its hours on this machine; a study that goes on keeps what was fitted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tuner.errors import StudyFileError
from tuner.journal.history import StudyHistory
from tuner.results.progress import Say
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec
from tuner.spec.study_file import recorded_study
from tuner.spec.within_hours import HoursOf, describe_fit, fit_to_hours, reduce

if TYPE_CHECKING:  # it loads torch
    from tuner.training.pace import Pace


def within_hours(spec: StudySpec, earlier: StudyHistory | None, cache: Path, say: Say) -> StudySpec:
    """The study as it fits into `budget.hours`; without hours, or fitted already, as it is.

    Args:
        earlier: What an earlier run has recorded.
        cache: Folder for decoded photos.

    Raises:
        TunerError: The hours are too few, or the time of a step cannot be measured.
    """
    hours = spec.budget.hours
    if hours is None or spec.budget.fitted is not None:
        return spec
    refuse_hours_without_pace(spec)
    before = recorded_study(earlier.spec).budget if earlier else None
    if before is not None and before.fitted is not None and before.hours == hours:
        return reduce(spec, before.fitted)
    say(f"timing steps of this study, to plan what fits into {hours:g} h")
    from tuner.training.pace import measure_pace

    reduced = fit_to_hours(spec, hours_at(measure_pace(spec, cache)))
    say(describe_fit(spec, reduced))
    return reduced


def hours_at(pace: Pace) -> HoursOf:
    """The most hours of a study at a measured pace."""

    def hours_of(spec: StudySpec) -> float:
        return pace.study_hours(make_plan(spec), spec.trainer.steps_before)[1]

    return hours_of


def refuse_hours_without_pace(spec: StudySpec, *, alone: bool = True) -> None:
    """Refuses hours where the time of a step is not known before the study begins.

    Args:
        alone: Whether this machine trains alone, by the built-in trainer or a script.
    """
    if spec.budget.hours is None or spec.budget.fitted is not None:
        return
    if not alone:
        reason = "the time of a step is only measured for one machine that trains alone"
    elif spec.trainer.kind != "builtin":
        reason = "the time of a step of your own trainer is not known before it has trained"
    elif spec.challenger is not None:
        reason = "a comparison of two sets of weights has no stages to shorten"
    else:
        return
    raise StudyFileError(
        (f"budget.hours: {reason}; leave it out, and set trainer.steps, values and repeats",)
    )
