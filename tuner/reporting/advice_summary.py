"""Summarizes the advice of a whole study in a few sentences."""

from __future__ import annotations

from collections.abc import Iterator

from tuner.journal.history import StudyHistory
from tuner.results.events import AdviceGiven

NAMES = {
    "perceptual-high": "Perceptual too high",
    "perceptual-low": "Perceptual too low",
    "ab-small": "AB loss far smaller than perceptual",
    "golden-rule": "AB/perceptual ratio outside 2-4",
    "saturation-stuck": "Saturation stuck",
}


def describe_advice(history: StudyHistory) -> tuple[str, ...]:
    """A sentence for each kind of advice: the number of its trials, and the advice of one of them.

    That trial is the first one with the best weights so far, else the first of all.
    """
    return tuple(_by_kind(history))


def _by_kind(history: StudyHistory) -> Iterator[str]:
    for kind, name in NAMES.items():
        given = [one for one in history.advice if one.kind == kind]
        if given:
            count = f"{len(given)} of {len(history.trials)} trials"
            one = _telling(given, history)
            yield f"{name} in {count}; trial {one.number:02d}, step {one.step}: {one.sentence}."


def _telling(given: list[AdviceGiven], history: StudyHistory) -> AdviceGiven:
    best = history.finished.best_weights if history.finished else history.incumbent
    with_best = [one for one in given if history.trials[one.number].is_of(best)]
    return (with_best or given)[0]
