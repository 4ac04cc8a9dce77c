"""Whether the symptoms of the start weights are cured; a better score does not guarantee that.

The symptoms are those of `tuner diagnose`, for the means over seeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import atan2, cos, degrees, radians, sin
from statistics import fmean

from tuner.color.symptoms import SymptomFinding, derived, find_symptoms
from tuner.guide.presets import WEIGHT_PRESETS
from tuner.guide.roles import Role
from tuner.journal.history import StudyHistory
from tuner.reporting.next_study import is_already, next_study_command
from tuner.reporting.remedy import Ended, describe_remedy
from tuner.results import TrialResult, Verdict
from tuner.results.statistics import CLAIM_CONFIDENCE, paired_margin, verdict_of
from tuner.wording import joined

OF_STUDIES = frozenset(("a_weight", "b_weight")).union(*WEIGHT_PRESETS.values())
"""The weights that shipped studies know."""

ANGLES = ("tint_hue", "hue_turn")
"""Measures that are angles in degrees: the mean of 350 and 10 is 0."""

_VERDICTS: Mapping[Verdict, str] = {
    "better": "but less",
    "no difference": "not visibly less",
    "worse": "and more",
}

Weights = Mapping[str, float]
Roles = Mapping[str, Role]
Measures = Mapping[str, float]
BySeed = Mapping[int, Measures]


def describe_illness(
    results: Iterable[TrialResult],
    start: Weights,
    study: str,
    roles: Roles | None = None,
    found_by: Sequence[str] = (),
    symptom: str = "",
) -> str:
    """The symptoms of the predictions with the start weights, and the study that treats them.

    For example `Diagnosis of the start weights: sepia-cast (tint 11.6; healthy is below 4)
    and washed-out; sepia-fix is the study for that.` Empty where nothing was measured. A shipped
    study is named only where it knows all weights; for a loss of the user's own, the command that
    writes a study with these weights.

    Args:
        study: The study that is running.
        roles: The parts that weights of the user's own loss play; None for the built-in loss.
        found_by: Options with which a command finds the study, such as `--directory runs`.
        symptom: What the study treats.
    """
    seen = _seen(results, start)
    if not seen:
        return ""
    findings = _findings(seen.values())
    if not findings:
        return "Diagnosis of the start weights: healthy."
    told, cure = _named(findings), findings[0].cure.study
    if cure is None or is_already(cure, study, symptom):
        return f"{told}."
    if roles is not None:
        command = next_study_command(study, cure, start, roles, found_by=found_by)
        return f"{told}. Treat it: {command}" if command else f"{told}."
    return f"{told}; {cure} is the study for that." if start.keys() <= OF_STUDIES else f"{told}."


def _named(findings: Sequence[SymptomFinding]) -> str:
    first, *others = findings
    names = joined([_shown(first), *(one.symptom for one in others)], "and")
    return f"Diagnosis of the start weights: {names}"


def describe_outcome(results: Iterable[TrialResult], start: Weights, best: Weights) -> str:
    """What became of these symptoms with the best weights, on the seeds of the claim.

    Empty where the start weights are kept, or nothing was measured.
    """
    confirming = [result for result in results if result.trial.role == "confirmation"]
    before, after = _seen(confirming, start), _seen(confirming, best)
    seeds = sorted(before.keys() & after.keys())
    if not seeds or dict(start) == dict(best):
        return ""
    ill, left = (_findings([side[seed] for seed in seeds]) for side in (before, after))
    if not ill:
        return f"New with the best weights: {_shown(left[0])}." if left else ""
    way = _Way.of(ill[0], [(before[seed], after[seed]) for seed in seeds])
    if not left:
        return f"Cured: {ill[0].symptom} ({way.told})."
    names = [one.symptom for one in left]
    if ill[0].symptom in names:
        return f"Still {joined(names, 'and')}, {way.verdict} ({way.told})."
    return f"No longer {ill[0].symptom} ({way.told}), but {joined(names, 'and')}."


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with the colors of a study.

    Attributes:
        state: The symptoms of the start weights, or what became of them; empty where nothing was
            measured.
        remedy: What would help where something is left; empty where nothing is, or no rule holds.
    """

    state: str
    remedy: str = ""

    @property
    def sentence(self) -> str:
        """Both, or what there is of them."""
        return " ".join(filter(None, (self.state, self.remedy)))


def describe_diagnosis(
    results: Iterable[TrialResult],
    start: Weights,
    best: Weights | None,
    study: str,
    roles: Roles | None = None,
    found_by: Sequence[str] = (),
    ended: Ended | None = None,
    symptom: str = "",
) -> Diagnosis:
    """The symptoms of the start weights, and with the best weights what became of them.

    Args:
        best: The best weights of a finished study; None before.
        roles: The parts that weights of the user's own loss play; None for the built-in loss.
        found_by: As for `describe_illness`.
        ended: The finished study, to say what would help where something is left; None before.
        symptom: What the study treats.
    """
    known = list(results)
    outcome = "" if best is None else describe_outcome(known, start, best)
    remedy = "" if best is None or ended is None else describe_remedy(ended, _left(known, best))
    seen = _seen(known, start)
    ill = _findings(seen.values()) if seen else ()
    if remedy and (outcome or ill):  # the remedy has a command of its own
        return Diagnosis(outcome or f"{_named(ill)}.", remedy)
    return Diagnosis(outcome or describe_illness(known, start, study, roles, found_by, symptom))


def diagnosis_of(history: StudyHistory, found_by: Sequence[str] = ()) -> Diagnosis:
    """The diagnosis of a study so far; see `describe_diagnosis`."""
    best = history.finished.best_weights if history.finished else None
    trainer = history.spec.get("trainer", {})
    own = trainer.get("kind", "builtin") != "builtin" or trainer.get("loss") is not None
    roles = history.spec.get("roles", {}) if own else None
    results = history.asked_results
    summary = history.facts.get("photo summary", "")
    ended = best and Ended(results, history.stages, best, history.spec, summary, found_by)
    return describe_diagnosis(
        results,
        history.start_weights,
        best,
        history.study,
        roles,
        found_by,
        ended or None,
        str(history.spec.get("symptom", "")),
    )


def _left(results: Sequence[TrialResult], best: Weights) -> tuple[SymptomFinding, ...]:
    """The symptoms with the best weights, on the seeds of the claim where there are any."""
    claimed = _seen([one for one in results if one.trial.role == "confirmation"], best)
    seen = claimed or _seen(results, best)
    return _findings(seen.values()) if seen else ()


@dataclass(frozen=True)
class _Way:
    """How the measure of a symptom changed.

    Attributes:
        told: The values before and after and the threshold, in words.
        verdict: Whether the symptom has become weaker, judged over the seeds.
    """

    told: str
    verdict: str

    @classmethod
    def of(cls, finding: SymptomFinding, pairs: Sequence[tuple[Measures, Measures]]) -> _Way:
        towards = 1 if finding.healthy == "above" else -1
        values = [[_all(side)[finding.measure] for side in pair] for pair in pairs]
        before, after = (fmean(side) for side in zip(*values, strict=True))
        gains = [towards * (new - old) for old, new in values]
        return cls(
            f"{finding.measure} {before:.3g} -> {after:.3g}; {_health(finding)}", _verdict(gains)
        )


def _verdict(gains: Sequence[float]) -> str:
    margin = paired_margin(gains, CLAIM_CONFIDENCE)
    if margin is None:
        return "too few seeds to tell whether less"
    return _VERDICTS[verdict_of(fmean(gains), margin)]


def _seen(results: Iterable[TrialResult], weights: Weights) -> BySeed:
    """The measures of the trials with some weights, by seed."""
    return {
        result.trial.seed: result.measures
        for result in results
        if result.trial.is_of(weights) and result.score is not None and "tint" in result.measures
    }


def _findings(seeds: Iterable[Measures]) -> tuple[SymptomFinding, ...]:
    """The symptoms of the means over seeds."""
    rows = list(seeds)
    names = set.intersection(*(set(row) for row in rows))
    return find_symptoms({name: _mean(name, [row[name] for row in rows]) for name in names})


def _mean(name: str, values: Sequence[float]) -> float:
    if name not in ANGLES:
        return fmean(values)
    turns = [radians(value) for value in values]
    return degrees(atan2(fmean(map(sin, turns)), fmean(map(cos, turns))))


def _all(measures: Measures) -> Measures:
    return {**measures, **derived(measures)}


def _shown(finding: SymptomFinding) -> str:
    return f"{finding.symptom} ({finding.measure} {finding.value:.3g}; {_health(finding)})"


def _health(finding: SymptomFinding) -> str:
    return f"healthy is {finding.healthy} {finding.threshold:.3g}"
