"""The verdict of a study, and the weights that it recommends so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tuner.journal.history import StudyHistory
from tuner.reporting.claim import describe_claim, describe_next_step
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
        return describe_claim(history.finished, history.start_weights)
    stages = len(history.stages)
    return (
        f"Unfinished: {len(history.results)} of at most {history.opened.trials_most} trials, "
        f"{stages} stage{'s' if stages != 1 else ''} judged; nothing is confirmed yet."
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
        own = f"Next: tuner run --study {study} --photos DIR trains on your photos, at full length."
        return f"Best weights of the demo: {weights}", own
    if dict(finished.best_weights) != dict(history.start_weights):
        into = (
            f"Next: tuner export --study {study} --into FILE writes them into your training file."
        )
        return f"Train with: {weights}", into
    kept = f"Train with the start weights, as before: {weights}"
    return kept, describe_next_step(finished, study)
