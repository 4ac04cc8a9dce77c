"""A diagnosis in sentences, and as a record for `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tuner.color.symptoms import SymptomFinding
from tuner.diagnosis.case import Case
from tuner.diagnosis.examine import Diagnosis
from tuner.display.pages import say, say_wrapped

CERTAIN = 0.8
"""Share of bootstrap samples from which on a name counts as certain."""

PROVEN = 32
"""The fewest photos for which the reliability of the names was measured."""

HUES = (
    (0, "pink"), (20, "red"), (45, "orange"), (80, "yellow"), (115, "green"), (165, "cyan"),
    (235, "blue"), (300, "purple"), (345, "pink"),
)  # fmt: skip
"""Where each color begins on the circle of Lab hues, in degrees, 0..360."""


def headline(diagnosis: Diagnosis) -> str:
    """The result in one line."""
    if diagnosis.fault:
        return f"written wrongly: {diagnosis.fault}"
    if not diagnosis.findings:
        return f"healthy: {_healthy(diagnosis.measures)}"
    first = diagnosis.findings[0]
    return f"{first.symptom}: {describe(first, diagnosis.measures)}"


def print_diagnosis(case: Case, diagnosis: Diagnosis, picture: Path, command: str | None) -> None:
    """Prints the diagnosis: symptom, further symptoms, the guide's cure, and the next command."""
    if diagnosis.fault:
        say_wrapped(f"{case.title}: written wrongly", heading=True)
        say_wrapped(f"Mend this first, no weight of a loss does: {diagnosis.fault}.")
    else:
        say_wrapped(f"{case.title}: {diagnosis.symptom}", heading=True)
    if diagnosis.findings:
        say_wrapped(_with_interval(diagnosis.findings[0], diagnosis))
    else:
        say_wrapped(f"{_healthy(diagnosis.measures)}.")
    say_wrapped(_certainty(diagnosis))
    for finding in diagnosis.findings[1:]:
        say_wrapped(f"Also {finding.symptom}: {_with_interval(finding, diagnosis)}")
    for remark in case.remarks:
        say_wrapped(f"{remark}.")
    if diagnosis.findings and not diagnosis.fault:
        cure = diagnosis.findings[0].cure
        say_wrapped(f"{'The guide: ' if cure.study else ''}{cure.problem}: {cure.cure}.")
    if command:
        say(f"Run: {command}")
    say(f"The photos that show it most: {picture}")


def diagnosis_record(
    case: Case, diagnosis: Diagnosis, picture: Path, command: str | None
) -> dict[str, Any]:
    """The diagnosis as a record for `--json`."""
    return {
        "symptom": diagnosis.symptom,
        "also": list(diagnosis.also),
        "measures": dict(diagnosis.measures),
        "fault": diagnosis.fault,
        "study": diagnosis.study,
        "command": command,
        "photos": diagnosis.photos,
        "certainty": diagnosis.certainty,
        "findings": [
            {
                "symptom": finding.symptom,
                "measure": finding.measure,
                "value": finding.value,
                "threshold": finding.threshold,
                "healthy": finding.healthy,
                "low": diagnosis.intervals[finding.measure][0],
                "high": diagnosis.intervals[finding.measure][1],
                "problem": finding.cure.problem,
                "cure": finding.cure.cure,
                "study": finding.cure.study,
            }
            for finding in diagnosis.findings
        ],
        "picture": str(picture),
        "remarks": list(case.remarks),
    }


def describe(finding: SymptomFinding, measures: Mapping[str, float]) -> str:
    """The measured value in words; for a cast, with its hue."""
    value, hue = finding.value, measures["tint_hue"] % 360
    weak, strong = ("blue-yellow", "red-green") if value < 1 else ("red-green", "blue-yellow")
    said = {
        "tint": f"a tint of {value:.1f} Lab units towards {hue_name(hue)} (hue {hue:.0f} degrees) "
        "that the scenes do not explain",
        "chroma_ratio": f"{value:.2f} times the photos' chroma",
        "lightness_drift": f"{abs(value):.1f} Lab units of lightness "
        f"{'brighter' if value > 0 else 'darker'} than the photos",
        "lightness_rmse": f"lightness is off by {value:.1f} Lab units (root of the mean square)",
        "lightness_gain": f"{value:.2f} times the photos' contrast",
        "turned": f"all hues are turned by {measures['hue_turn']:.0f} degrees",
        "ab_correlation": f"the correlation with the photos' colors is {value:.2f} only",
        "noise_per_chroma": f"colors change {value:.1f} times as much from pixel to pixel as in "
        "the photos",
        "bleeding": f"edges of color fit the photos' by {value:.0%} less than they fit those of "
        "photos whose colors are moved or smeared",
        "channel_balance": f"{weak} has {min(value, 1 / value):.2f} times the strength of {strong}",
    }
    return said[finding.measure]


def hue_name(degrees: float) -> str:
    """The name of the color of a Lab hue, 0..360 degrees."""
    return [name for begin, name in HUES if begin <= degrees][-1]


def _with_interval(finding: SymptomFinding, diagnosis: Diagnosis) -> str:
    low, high = diagnosis.intervals[finding.measure]
    said = describe(finding, diagnosis.measures)
    return (
        f"{said[0].upper()}{said[1:]} ({finding.measure} {finding.value:.3g}, 95 % interval "
        f"{low:.3g} to {high:.3g}; healthy is {finding.healthy} {finding.threshold:.3g})."
    )


def _healthy(measures: Mapping[str, float]) -> str:
    return (
        f"{measures['chroma_ratio']:.2f} times the photos' chroma, a tint of "
        f"{measures['tint']:.1f} Lab units, a correlation of {measures['ab_correlation']:.2f}, "
        f"lightness off by {measures['lightness_rmse']:.1f}"
    )


def _certainty(diagnosis: Diagnosis) -> str:
    first = f"first in {diagnosis.certainty * 100:.0f} % of bootstrap samples"
    if diagnosis.photos < PROVEN:
        few = f"{diagnosis.photos} photos are few, {PROVEN} or more are reliable"
        return f"A guess: {first}, but {few}."
    sure = "Certain" if diagnosis.certainty >= CERTAIN else "Uncertain"
    return f"{sure}: {first}."
