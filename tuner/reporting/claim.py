"""Sentences on the claim of a study: whether it is confirmed, and how far it carries."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from tuner.reporting.guardrails import (
    describe_against,
    describe_held,
    describe_refused,
    describe_refused_better,
)
from tuner.reporting.story import describe_gain, describe_scores, describe_weights
from tuner.results import Comparison, OtherPhotos
from tuner.results.events import StudyFinished
from tuner.results.score_unit import SCORE, ScoreUnit, fixed
from tuner.wording import joined

START = "the start weights"

FEW_PHOTOS = 20
"""Photos below which their number is named as the reason why the interval is wide."""


def describe_claim(
    finished: StudyFinished, start_weights: Mapping[str, float], unit: ScoreUnit = SCORE
) -> str:
    """The claim of a study in one or two sentences.

    Args:
        finished: The result of the study.
        start_weights: The weights that the user trained with before.
        unit: What the scores stand for.
    """
    claim = _claim(finished, start_weights, unit)
    beyond = "" if finished.metric else describe_other_photos(finished.confirmation)
    claim = f"{claim} {beyond}" if beyond else claim
    return f"{claim} Stopped early: {finished.stopped}." if finished.stopped else claim


def _claim(finished: StudyFinished, start_weights: Mapping[str, float], unit: ScoreUnit) -> str:
    comparison = finished.confirmation
    if finished.compared is not None:
        return _compared(comparison, *finished.compared, unit)
    if comparison is None or not comparison.seeds:
        return _unconfirmed(finished, start_weights)
    comparison, measured = _measured(comparison, "fresh seed", unit)
    if comparison.verdict == "better":
        held = f" {told}" if (told := describe_held(comparison)) else ""
        return f"Confirmed {measured}, better than the start weights.{held}"
    return f"Not confirmed {measured}{_refusal(comparison, finished, start_weights)}"


def _measured(comparison: Comparison, seed: str, unit: ScoreUnit) -> tuple[Comparison, str]:
    """The comparison that decides, and what it was made on with its numbers: `on 5 seeds: ...`."""
    where = _seeds(comparison, seed)
    if comparison.other_photos and comparison.other_photos.vault:
        where += f" and the {comparison.other_photos.photos} photos of the vault"
        comparison = _on_the_vault(comparison, comparison.other_photos)
    numbers = f"{describe_scores(comparison, unit)}, {describe_gain(comparison, unit)}"
    return comparison, f"on {where}: {numbers}"


def _refusal(
    comparison: Comparison, finished: StudyFinished, start_weights: Mapping[str, float]
) -> str:
    """Why a claim is not confirmed, and what is kept; the end of a sentence."""
    kept = _kept(finished, start_weights)
    if comparison.low is None:
        return f"; some of these trainings diverged or were rejected, so {kept} are kept."
    if comparison.verdict == "worse":
        therefore = "which are therefore kept" if kept == START else f"so {kept} are kept"
        return f", worse than the start weights, {therefore}."
    against = describe_against(comparison) or "no difference beyond the noise"
    return f", {against}; {kept} are kept."


def describe_other_photos(claim: Comparison | None) -> str:
    """How far a claim carries beyond the photos that it was made on; empty where none is made.

    For example `For other photos: 0.00 to 0.23, as only 8 were there (worse on 3 of them).` After a
    vault, which are other photos, it says what the photos of the decisions showed.
    """
    if claim is None or not claim.seeds or (claim.verdict != "better" and not _has_vault(claim)):
        return ""
    beyond = claim.other_photos
    if beyond is None:
        return "For other data: unknown, as each training has a single number."
    if beyond.vault:
        return f"On the photos that were scored all along: {describe_gain(claim)}."
    digits = SCORE.decimals(claim.gain)
    interval = f"{fixed(beyond.low, digits)} to {fixed(beyond.high, digits)}"
    doubt = ", perhaps no gain" if beyond.low <= 0 else ""
    worse = f"worse on {beyond.worse_on or 'none'} of them"
    if beyond.photos < FEW_PHOTOS:
        return f"For other photos: {interval}{doubt}, as only {beyond.photos} were there ({worse})."
    return f"For other photos: {interval}{doubt}, by the {beyond.photos} that were there ({worse})."


def gain_intervals(claim: Comparison, unit: ScoreUnit = SCORE) -> dict[str, str]:
    """Both intervals of a claim as text, by name: `seeds`, and `other_photos` or `vault`."""
    beyond, digits = claim.other_photos, unit.decimals(claim.gain)
    ends = {"seeds": (claim.low, claim.high)}
    if beyond is not None:
        ends["vault" if beyond.vault else "other_photos"] = (beyond.low, beyond.high)
    return {
        name: f"{fixed(low, digits)} to {fixed(high, digits)}"
        for name, (low, high) in ends.items()
        if low is not None and high is not None
    }


def _has_vault(claim: Comparison) -> bool:
    return claim.other_photos is not None and claim.other_photos.vault


def _on_the_vault(claim: Comparison, vault: OtherPhotos) -> Comparison:
    """The claim in the numbers of the vault, which decides it."""
    numbers = {name: getattr(vault, name) for name in ("before", "after", "gain", "low", "high")}
    return claim.model_copy(update=numbers)


def describe_next_step(finished: StudyFinished, study: str, found_by: Sequence[str] = ()) -> str:
    """The command that may settle what is not confirmed; empty where none would.

    Args:
        study: Its name.
        found_by: Options with which a command finds the study, such as `--directory runs`.
    """
    claim = finished.confirmation
    if claim is None or not claim.seeds or claim.low is None:
        return ""
    unsettled = claim.verdict == "guardrail" and not claim.breaks
    if not unsettled and (claim.verdict != "no difference" or claim.gain <= 0):
        return ""
    words = ["tuner", "run", "--study", study, "--confirm", str(len(claim.seeds)), *found_by]
    return f"More seeds may settle it: {shlex.join(words)}"


def _kept(finished: StudyFinished, start_weights: Mapping[str, float]) -> str:
    """The weights that are exported in place of some that were not confirmed."""
    best = finished.best_weights
    if not finished.earlier or dict(best) == dict(start_weights):
        return START
    return f"the weights that were confirmed before ({describe_weights(best)})"


def _compared(comparison: Comparison | None, first: str, second: str, unit: ScoreUnit) -> str:
    """What is said of two sets of weights of which nothing was searched."""
    if comparison is None:
        return f"{second} could not be compared with {first}: no seed has a {unit.name} of both."
    comparison, where = _measured(comparison, "seed", unit)
    if comparison.low is None:
        failed = f"some trainings of {second} diverged or were rejected"
        return f"{second} could not be compared with {first} {where}; {failed}."
    if comparison.verdict == "no difference":
        return f"No difference between {first} and {second} that counts {where}."
    if comparison.verdict == "guardrail":
        return f"{second} against {first} {where}; {describe_against(comparison)}."
    held = f" {told}" if (told := describe_held(comparison)) else ""
    return f"{second} is {comparison.verdict} than {first} {where}.{held}"


def _seeds(comparison: Comparison, name: str) -> str:
    """How many seeds, and how often they were looked at: `10 seeds (looked at after 5 and 10)`."""
    number, looks = len(comparison.seeds), comparison.looks
    often = f" (looked at after {joined(map(str, looks), 'and')})" if len(looks) > 1 else ""
    return f"{number} {name}{'s' if number != 1 else ''}{often}"


def _unconfirmed(finished: StudyFinished, start_weights: Mapping[str, float]) -> str:
    if dict(finished.incumbent_weights) == dict(start_weights):
        nothing, refused = describe_nothing_better(finished)
        return f"{nothing[0].upper()}{nothing[1:]}; they are kept. {refused}".rstrip()
    if dict(finished.best_weights) == dict(start_weights):
        return "Not confirmed, as no fresh seeds were trained; the start weights are kept."
    return "Not confirmed, as no fresh seeds were trained; these are the best weights found."


def describe_nothing_better(finished: StudyFinished) -> tuple[str, str]:
    """That nothing is better than the start, as a part of a sentence; and what was refused.

    For example `nothing better than the start weights was found that keeps all guardrails`, and the
    sentence of `describe_refused_better`, which is empty where no guardrail refused any.
    """
    nothing = "nothing better than the start weights"
    if refused := describe_refused(finished.effects):
        return f"{nothing} keeps {refused}", ""
    if better := describe_refused_better(finished.refused):
        return f"{nothing} was found that keeps all guardrails", better
    return f"{nothing} was found", ""
