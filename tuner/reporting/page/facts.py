"""The texts of the page: verdict, weights, session, trials, and provenance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml

from tuner.journal.history import StudyHistory
from tuner.reporting.advice_summary import describe_advice
from tuner.reporting.answer import describe_shares, effects_of
from tuner.reporting.claim import gain_intervals
from tuner.reporting.export import best_python, digest_of
from tuner.reporting.page.notices import notices_of, remarks_of
from tuner.reporting.page.recommendation import (
    answers_of,
    recommended_weights,
    verdict_of,
)
from tuner.reporting.page.response import noise_sd
from tuner.reporting.page.weight_rows import WeightRow, as_good_heading, weight_rows
from tuner.reporting.preference import preference_sentences
from tuner.reporting.session import session_of
from tuner.reporting.story import (
    describe_gain,
    describe_rival,
    describe_weights,
)
from tuner.reporting.verdicts import run_name, trial_gain, trial_verdict
from tuner.reporting.whole_sets import moves_several
from tuner.results import TrialResult
from tuner.spec.study_file import recorded_study
from tuner.wording import duration

Tone = str
"""`good` for a gain, `bad` for a loss, `open` while that is not known."""

DIGITS = {"lpips": 4, "colorfulness": 1, "chroma_ratio": 2, "cast": 1}
"""The measures in the table of trials, and their number of decimals."""


@dataclass(frozen=True)
class StepRow:
    """One line of the session."""

    text: str
    tone: Tone


@dataclass(frozen=True)
class TrialRow:
    """One line of the table of trials, with formatted numbers; empty texts for missing ones."""

    name: str
    stage: str
    seed: str
    score: str
    gain: str
    verdict: str
    tone: Tone
    measures: tuple[str, ...]
    remark: str


@dataclass(frozen=True)
class Facts:
    """The texts of a report.

    Attributes:
        verdict: The first line.
        tone: The tone of the verdict.
        answers: Which weights, how sure, cured or not, what next, as pairs of question and answer.
        figures: Key figures as pairs of a name and a number.
        notices: What is wrong, or needs a decision of the reader.
        remarks: What is as it should be, and worth knowing.
        recommended: Name of the weights that are compared with the start weights.
        shares: Why shares of the gain exceed it; empty where none does.
        as_good: Heading of the values that are as good; empty while they are not known.
        python: The best weights as a call of the loss; empty while there are none.
        number: What a score stands for, by its name.
        scale: The meaning of the score.
        worst: The edge of a plot at which the worst numbers are: `upper` or `lower`.
        measures: The measures that at least one trial has; columns of the table.
        provenance: Names and values.
        asked: The study as YAML.
        advice: The guide's advice during training, a sentence for each kind.
        preference: What a person prefers, and how well the score agrees; empty without one.
    """

    study: str
    symptom: str
    verdict: str
    tone: Tone
    answers: tuple[tuple[str, str], ...]
    figures: tuple[tuple[str, str], ...]
    notices: tuple[str, ...]
    remarks: tuple[str, ...]
    recommended: str
    as_good: str
    shares: str
    weights: tuple[WeightRow, ...]
    session: tuple[StepRow, ...]
    python: str
    number: str
    scale: str
    worst: str
    measures: tuple[str, ...]
    trials: tuple[TrialRow, ...]
    provenance: tuple[tuple[str, str], ...]
    asked: str
    advice: tuple[str, ...]
    preference: tuple[str, ...]


def facts_of(history: StudyHistory) -> Facts:
    """Collects the texts of a report."""
    measures = _measures(history)
    return Facts(
        study=history.study,
        symptom=str(history.spec.get("symptom", "")),
        verdict=verdict_of(history),
        tone=_tone(history),
        answers=answers_of(history),
        figures=tuple(_figures(history)),
        notices=tuple(notices_of(history)),
        remarks=tuple(remarks_of(history)),
        recommended=recommended_weights(history).name,
        as_good=as_good_heading(history),
        shares=describe_shares(effects_of(history), intervals=True),
        weights=weight_rows(history),
        session=tuple(_session(history)),
        python=best_python(history) if history.finished and _scored_on_photos(history) else "",
        number=history.unit.name,
        scale=_scale(history),
        worst="lower" if history.unit.maximize else "upper",
        measures=measures,
        trials=tuple(_trial(history, number, measures) for number in sorted(history.trials)),
        provenance=tuple(_provenance(history)),
        asked=yaml.safe_dump(_settings(history), sort_keys=False, allow_unicode=True),
        advice=describe_advice(history),
        preference=preference_sentences(history),
    )


def _tone(history: StudyHistory) -> Tone:
    if history.finished is None:
        return "open"
    claim = history.finished.confirmation
    verdict = claim.verdict if claim and claim.seeds else "no difference"
    return {"better": "good", "worse": "bad"}.get(verdict, "same")


def _figures(history: StudyHistory) -> Iterator[tuple[str, str]]:
    claim, unit = history.finished.confirmation if history.finished else None, history.unit
    if claim is not None and claim.seeds:
        yield unit.name, f"{unit.number(claim.before)} → {unit.number(claim.after)}"
        yield "gain", describe_gain(claim, unit).removeprefix("gain ")
        beyond = gain_intervals(claim, unit)
        names = {"other_photos": "gain on other photos", "vault": "gain on the vault"}
        yield from ((said, beyond[name]) for name, said in names.items() if name in beyond)
    sd = noise_sd(history)
    if sd is not None:
        yield "noise of one training", f"± {unit.amount(sd)}"
    yield "trials", str(len(history.results))
    yield "time", duration((history.ended or history.last) - history.started)


def _session(history: StudyHistory) -> Iterator[StepRow]:
    first, *steps = session_of(history)
    yield StepRow(first.text, "start")
    yield from (StepRow(step.text, "good" if step.moved else "same") for step in steps)
    for rival in history.finished.rivals if history.finished else ():
        yield StepRow(describe_rival(rival, history.unit), "same")


def _scale(history: StudyHistory) -> str:
    if _scored_on_photos(history):
        return "Lower is better: 0 is the photo itself, 2 is what the gray photo earns."
    return f"{history.unit.better.capitalize()} is better."


def _settings(history: StudyHistory) -> dict[str, Any]:
    """All settings; with a metric of one's own those that are not as they are by default."""
    if history.spec.get("objective", {}).get("metric") is None:
        return dict(history.spec)
    return recorded_study(history.spec).model_dump(mode="json", exclude_defaults=True)


def _scored_on_photos(history: StudyHistory) -> bool:
    own_metric = history.spec.get("objective", {}).get("metric") is not None
    return history.facts.get("trainer") != "evaluate" and not own_metric


def _measures(history: StudyHistory) -> tuple[str, ...]:
    seen = {name for result in history.results.values() for name in result.measures}
    return tuple(name for name in DIGITS if name in seen)


def _trial(history: StudyHistory, number: int, measures: tuple[str, ...]) -> TrialRow:
    trial, result = history.trials[number], history.results.get(number)
    verdict = trial_verdict(history, number)
    whole = describe_weights(trial.weights) if moves_several(trial, history) else ""
    remarks = [whole, *([result.reason, *result.warnings] if result else [])]
    return TrialRow(
        name=run_name(trial, history.start_weights),
        stage=str(trial.stage or ""),
        seed=str(trial.seed),
        score="" if result is None or result.score is None else history.unit.number(result.score),
        gain=trial_gain(history, number),
        verdict=verdict or history.state(number),
        tone={"better": "good", "worse": "bad", "rejected": "bad", "diverged": "bad"}.get(
            verdict, "same"
        ),
        measures=tuple(_shown(result, name) for name in measures),
        remark="; ".join(filter(None, remarks)),
    )


def _shown(result: TrialResult | None, name: str) -> str:
    value = result.measures.get(name) if result else None
    return "" if value is None else f"{value:.{DIGITS[name]}f}"


def _provenance(history: StudyHistory) -> Iterator[tuple[str, str]]:
    yield "begun", _moment(history.started)
    yield ("finished" if history.ended else "last written"), _moment(history.ended or history.last)
    yield "seeds", ", ".join(map(str, sorted({t.seed for t in history.trials.values()})))
    yield from history.provenance.items()
    yield "study digest", digest_of(history.spec)
    yield "study identity", history.opened.uid


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
