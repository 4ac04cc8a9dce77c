"""Diagnoses a case: its symptoms, their certainty, and the photos that show them most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tuner.color.measures import measures
from tuner.color.picture_faults import MOST_LOOKED_AT, find_writing_fault
from tuner.color.resampling import draws, intervals
from tuner.color.symptoms import SymptomFinding, derived, find_symptoms
from tuner.color.worst import worst_photos
from tuner.diagnosis.case import Case
from tuner.guide.cures import HEALTHY

MOST_SHOWN = 6


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a set of predictions.

    Attributes:
        photos: The number of photos.
        findings: The symptoms in order of precedence; empty if all is healthy.
        measures: All numbers of the set.
        intervals: The 95 % bootstrap interval of each number.
        certainty: Share of the bootstrap sets with the same first symptom.
        fault: An error in how the predictions were written, which no study treats; empty without.
        worst: Indices of the shown photos with the strongest symptom, the worst in front.
    """

    photos: int
    findings: tuple[SymptomFinding, ...]
    measures: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    certainty: float
    worst: tuple[int, ...]
    fault: str = ""

    @property
    def symptom(self) -> str:
        """The symptom to treat first, or `healthy`."""
        return first_name(self.findings)

    @property
    def also(self) -> tuple[str, ...]:
        """The other symptoms, in order of precedence."""
        return tuple(finding.symptom for finding in self.findings[1:])

    @property
    def study(self) -> str | None:
        """The study that treats the first symptom; None where no study treats anything."""
        return self.findings[0].cure.study if self.findings and not self.fault else None


def examine(case: Case) -> Diagnosis:
    """Diagnoses a case."""
    found = measures(case.reading)
    findings = find_symptoms(found)
    drawn = list(draws(case.reading))
    names = [first_name(find_symptoms(each)) for each in drawn]
    first = findings[0].symptom if findings else None
    return Diagnosis(
        photos=len(case.reading.color.mean_target),
        findings=findings,
        measures={**found, **derived(found)},
        intervals=intervals([{**each, **derived(each)} for each in drawn]),
        certainty=names.count(first_name(findings)) / len(names),
        worst=tuple(worst_photos(case.shown, first, MOST_SHOWN)),
        fault=_fault(case),
    )


def _fault(case: Case) -> str:
    every = max(1, -(-len(case.names) // MOST_LOOKED_AT))
    views = map(case.views, range(0, len(case.names), every))
    return find_writing_fault([(view.prediction, view.photo) for view in views])


def first_name(findings: tuple[SymptomFinding, ...]) -> str:
    """The first symptom, or `healthy`."""
    return findings[0].symptom if findings else HEALTHY
