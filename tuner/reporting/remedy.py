"""What would help where a symptom is left at the end of a study, from the study's own numbers.

The first rule that holds is told, in this order:

    longer        held-out colors follow the photos' better, or score better, with every evaluation
    no weight     no stage had a visible effect, so no weight of this loss can do it
    other study   what is left is treated by another study
    more photos   too few photos to learn from which things have which colors
    other photos  the colors no longer improve and hardly follow the photos': they cannot be known
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from tuner.color.symptoms import SymptomFinding
from tuner.reporting.next_study import is_already, longer_command, treating_command
from tuner.results import Evaluation, StageResult, TrialResult
from tuner.results.statistics import CLAIM_CONFIDENCE, paired_margin, verdict_of
from tuner.wording import joined

RISING = 0.15
"""Share of the slope of colors that was learned since the evaluation before: below, it is learned.

The learning rate falls to 0, which alone makes the end a little better than what was before."""

FALLING = 0.25
"""Share of the whole fall of the score, from the first evaluation on, that came since the last but
one. Colors that are painted before they are right fall in score before their slope rises."""

LEARNED = 0.9
"""Slope of colors from which on a longer training has little left to learn."""

FOLLOWING = 0.5
"""Correlation of colors below which predictions hardly follow the photos."""

FEW_PHOTOS = 50

_COUNTED = re.compile(r"(\d+) photos")


@dataclass(frozen=True)
class Ended:
    """A finished study, as far as it shows what would help.

    Attributes:
        results: Of the trials that were asked for.
        best: The weights that the study ends with.
        spec: The study as it was recorded.
        photo_summary: The fact of that name; empty where it is not known.
        found_by: Options with which a command finds the study, such as `--directory runs`.
    """

    results: Sequence[TrialResult]
    stages: Sequence[StageResult]
    best: Mapping[str, float]
    spec: Mapping[str, Any]
    photo_summary: str = ""
    found_by: Sequence[str] = ()


def describe_remedy(ended: Ended, left: Sequence[SymptomFinding]) -> str:
    """What would help, one sentence; empty where nothing is left, or no rule holds.

    Args:
        left: The symptoms of the predictions with the best weights.
    """
    if not left:
        return ""
    rules = (_longer, _no_weight, _other_study, _more_photos, _other_photos)
    told = (rule(ended, left[0]) for rule in rules)
    return next((f"What would help: {sentence}" for sentence in told if sentence), "")


def _longer(ended: Ended, _left: SymptomFinding) -> str:
    courses = _courses(ended)
    if not courses or _verdict([half.score - end.score for _, half, end in courses]) != "better":
        return ""
    first, half, end = (fmean(one.score for one in column) for column in zip(*courses, strict=True))
    before, slope = _slopes(courses)
    if slope >= LEARNED:
        return ""
    if slope - before >= RISING * slope:
        seen = f"the slope of the colors rose from {before:.2f} to {slope:.2f} (1 is all of them)"
    elif half - end >= FALLING * (first - end):
        seen = f"the score fell from {half:.2f} to {end:.2f}, and from {first:.2f} in all"
    else:
        return ""
    command = longer_command(ended.spec, 2 * _steps_of(ended.spec), ended.found_by)
    return (
        f"longer trainings; from step {courses[0][1].step} to {courses[0][2].step} {seen}"
        f"{f': {command}' if command else '.'}"
    )


def _no_weight(ended: Ended, _left: SymptomFinding) -> str:
    unseen = [stage.visible_from for stage in ended.stages]
    seen = [margin for margin in unseen if margin is not None]
    if not unseen or len(seen) < len(unseen):
        return ""
    names = joined(dict.fromkeys(stage.varied for stage in ended.stages), "and")
    return (
        f"no weight of this loss; {names} had no visible effect (gains of {max(seen):.2g} would "
        "have been seen). Other photos, another network or another loss may."
    )


def _other_study(ended: Ended, left: SymptomFinding) -> str:
    study = left.cure.study
    name, symptom = (str(ended.spec.get(key, "")) for key in ("study", "symptom"))
    if study is None or is_already(study, name, symptom):
        return ""
    command = treating_command(ended.spec, study, ended.best, ended.found_by)
    if not command:
        return ""
    return f"the study for {left.symptom} ({left.measure} {left.value:.3g}): {command}"


def _more_photos(ended: Ended, _left: SymptomFinding) -> str:
    photos = _COUNTED.match(ended.photo_summary)
    if photos is None or int(photos[1]) >= FEW_PHOTOS:
        return ""
    return (
        f"more photos; {photos[1]} are too few to learn which things have which colors "
        f"(hundreds are better)."
    )


def _other_photos(ended: Ended, _left: SymptomFinding) -> str:
    courses = _courses(ended)
    known = [
        result.measures["ab_correlation"]
        for result in _last(ended)
        if "ab_correlation" in result.measures
    ]
    if not courses or not known or fmean(known) >= FOLLOWING:
        return ""
    before, end = _slopes(courses)
    return (
        f"other photos, or a larger network; the colors follow the photos' with a correlation of "
        f"{fmean(known):.2f} only, and their slope no longer rises ({before:.2f} to {end:.2f})."
    )


def _last(ended: Ended) -> list[TrialResult]:
    """The trials that show what the best weights do: those of the claim, else the others."""
    mine = [
        result
        for result in ended.results
        if result.trial.is_of(ended.best) and result.score is not None
    ]
    return [one for one in mine if one.trial.role == "confirmation"] or mine


def _courses(ended: Ended) -> list[tuple[Evaluation, Evaluation, Evaluation]]:
    """The first, the last but one and the last evaluation of each of these trials."""
    return [
        (one.evaluations[0], one.evaluations[-2], one.evaluations[-1])
        for one in _last(ended)
        if len(one.evaluations) > 1 and one.evaluations[-2].step > 0
    ]


def _slopes(courses: Sequence[tuple[Evaluation, ...]]) -> tuple[float, float]:
    """Mean slope of the colors at the last two evaluations."""
    return fmean(one[-2].ab_slope for one in courses), fmean(one[-1].ab_slope for one in courses)


def _verdict(gains: Iterable[float]) -> str:
    known = list(gains)
    margin = paired_margin(known, CLAIM_CONFIDENCE)
    return "" if margin is None else verdict_of(fmean(known), margin)


def _steps_of(spec: Mapping[str, Any]) -> int:
    return int(spec["trainer"]["steps"])
