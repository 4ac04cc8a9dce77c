"""The weights of trials whose names do not tell them: of those that move several at once."""

from __future__ import annotations

from collections.abc import Iterator

from tuner.guide.weightings import UNSEARCHED
from tuner.journal.history import StudyHistory
from tuner.reporting.story import describe_weights
from tuner.results import Trial
from tuner.results.statistics import weights_key
from tuner.wording import joined


def moves_several(trial: Trial, history: StudyHistory) -> bool:
    """Whether a trial has other weights than the start, and its name does not tell them."""
    named = trial.varied is not None or trial.rival in UNSEARCHED
    return not named and dict(trial.weights) != dict(history.start_weights)


def describe_whole_sets(history: StudyHistory) -> Iterator[str]:
    """A sentence for each such set: `Weights of trials 36 and 37: ab_weight=8.0, ...`."""
    numbers: dict[tuple[object, ...], list[int]] = {}
    for number, trial in sorted(history.trials.items()):
        if moves_several(trial, history):
            numbers.setdefault(weights_key(trial.weights), []).append(number)
    for alike in numbers.values():
        trials = f"trial{'s' if len(alike) > 1 else ''} {joined(map(str, alike), 'and')}"
        yield f"Weights of {trials}: {describe_weights(history.trials[alike[0]].weights)}"
