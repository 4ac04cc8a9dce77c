"""The verdict of a study, the weights that it recommends so far, and the first screen's answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tuner.journal.history import StudyHistory
from tuner.reporting.claim import (
    describe_claim,
    describe_next_step,
    describe_nothing_better,
    gain_intervals,
)
from tuner.reporting.guardrails import describe_check
from tuner.reporting.outcome import diagnosis_of
from tuner.reporting.story import describe_weights
from tuner.spec.demo import bad_start
from tuner.spec.study_file import found_as


@dataclass(frozen=True)
class RecommendedWeights:
    """The weights that a study recommends instead of the start weights.

    Attributes:
        name: `best weights` where they are confirmed, `best tried` where the confirmation failed,
            `best so far` before it.
        weights: All weights by name; the start weights where nothing better was found.
    """

    name: str
    weights: Mapping[str, float]


def recommended_weights(history: StudyHistory) -> RecommendedWeights:
    """The best weights, with the name that fits the state of the study."""
    finished = history.finished
    if finished is None:
        return RecommendedWeights("best so far", history.incumbent)
    ending = history.ending_of_the_best or finished
    claim = ending.confirmation
    confirmed = claim is not None and claim.verdict == "better"
    return RecommendedWeights(
        "best weights" if confirmed else "best tried", ending.incumbent_weights
    )


def verdict_of(history: StudyHistory) -> str:
    """The first line: the claim of a finished study, or that there is none yet."""
    if history.finished is not None:
        return describe_claim(history.finished, history.start_weights, history.unit)
    stages = len(history.stages)
    return (
        f"Unfinished: {len(history.results)} of at most {history.opened.trials_most} trials, "
        f"{stages} stage{'s' if stages != 1 else ''} judged; nothing is confirmed yet."
    )


def answers_of(history: StudyHistory) -> tuple[tuple[str, str], ...]:
    """What the first screen answers, as pairs of question and answer; without what is not known."""
    weights, next_step = weights_and_next_step(history)
    diagnosis = diagnosis_of(history)
    answered = (
        ("Which weights?", weights),
        ("How sure?", _certainty(history)),
        ("Do guardrails hold?", _guarded(history)),
        ("Is it cured?", diagnosis.state),
        ("What next?", f"{next_step.removeprefix('Next: ')} {diagnosis.remedy}".strip()),
    )
    return tuple((question, answer) for question, answer in answered if answer)


def _certainty(history: StudyHistory) -> str:
    """The intervals of the gain, in a sentence."""
    finished = history.finished
    claim = finished.confirmation if finished else None
    if finished is None or claim is None:
        return "Nothing is confirmed yet: no fresh seeds were trained."
    if not claim.seeds:
        nothing, refused = describe_nothing_better(finished)
        return f"No gain is claimed, as {nothing}. {refused}".rstrip()
    names = {"seeds": "", "other_photos": "on other photos ", "vault": "on the vault "}
    told = [
        f"{names[name]}{interval}" for name, interval in gain_intervals(claim, history.unit).items()
    ]
    if not told:
        return f"Not known: some trainings of the claim have no {history.unit.name}."
    seeds = f"{len(claim.seeds)} fresh seed{'s' if len(claim.seeds) != 1 else ''}"
    confidence = f"{claim.confidence * 100:g} % interval of the gain"
    verdict = "Better" if claim.verdict == "guardrail" else claim.verdict.capitalize()
    return f"{verdict} on {seeds}; {confidence}: {', '.join(told)}."


def _guarded(history: StudyHistory) -> str:
    """Each guardrail of the claim, and whether it holds; empty without any."""
    claim = history.finished.confirmation if history.finished else None
    return " ".join(
        f"{'Yes' if check.shown else 'No' if check.broken else 'Not shown'}: "
        f"{describe_check(check)}."
        for check in (claim.guardrails if claim else ())
    )


def weights_and_next_step(history: StudyHistory) -> tuple[str, str]:
    """The weights to train with, and what to do next: a sentence each, for the first screen."""
    study, finished = history.study, history.finished
    if finished is None:
        run = f"tuner run --study {found_as(study)}"
        going_on = f"Next: {run} goes on, with the options it was begun with."
        return f"Best weights so far: {describe_weights(history.incumbent)}", going_on
    weights = describe_weights(finished.best_weights)
    if bad_start(history.opened.spec):
        run = f"tuner run --study {study} --photos DIR --set study={study}-photos"
        own = f"Next: {run} trains on your photos, at full length, beside the demo."
        return f"Best weights of the demo: {weights}", own
    if dict(finished.best_weights) != dict(history.start_weights):
        into = (
            f"Next: tuner export --study {study} --into FILE writes them into your training file."
        )
        return f"Train with: {weights}", into
    kept = f"Train with the start weights, as before: {weights}"
    tried = f"Next: tuner show --study {study} lists the values that were tried."
    return kept, describe_next_step(finished, study) or tried
