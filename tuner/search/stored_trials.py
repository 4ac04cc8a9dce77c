"""The trials that a study of Optuna holds, each of them converted once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from optuna.study import StudyDirection
from optuna.trial import FrozenTrial

from tuner.results import Trial, TrialResult
from tuner.search.optuna_trials import asked_of, result_of
from tuner.search.result_cache import training_key


@dataclass(frozen=True, slots=True)
class StoredTrial:
    """A trial as Optuna holds it, and as the search reads it.

    Attributes:
        asked: What it trains; None where the sampler did not ask.
        key: Of its training; None where the sampler did not ask.
        result: None while it has none.
    """

    frozen: FrozenTrial
    asked: Trial | None
    key: object
    result: TrialResult | None


class StoredTrials:
    """The trials of one study, which is read again and again.

    Optuna never changes a trial that has ended, and returns the same object for it. So only what
    runs or is new is converted.

    Attributes:
        found: The result of each training, by its key; of several the one with the last number.
        replaced: How often a result that was known has changed.
    """

    def __init__(self, direction: StudyDirection) -> None:
        self.found: dict[object, TrialResult] = {}
        self.replaced = 0
        self._direction = direction
        self._known: list[StoredTrial] = []

    def read(self, stored: Sequence[FrozenTrial]) -> list[object]:
        """Reads all trials of the study, in the order of their numbers.

        Returns:
            The keys of trainings whose results are new.
        """
        known, self._known = self._known[: len(stored)], []
        news, changed = list[StoredTrial](), False
        for frozen, before in zip_longest(stored, known):
            now = before
            if before is None or before.frozen is not frozen:
                now = self._converted(frozen, before)
                was = before.result if before else None
                changed |= was is not None and was is not now.result
                if was is None and now.result is not None:
                    news.append(now)
            self._known.append(now)
        if changed or any(one.key in self.found for one in news):
            self.replaced += 1
            self.found.clear()
            news = self._known
        self.found.update((one.key, one.result) for one in news if one.result is not None)
        return [one.key for one in news if one.result is not None]

    def results(self) -> list[TrialResult]:
        """All results, in the order of their numbers."""
        return [one.result for one in self._known if one.result is not None]

    def first_of_each(self) -> dict[object, int]:
        """Number of the first trial of each training; a lost reply may have opened it twice."""
        numbers: dict[object, int] = {}
        for number, one in enumerate(self._known):
            if one.asked is not None:
                numbers.setdefault(one.key, number)
        return numbers

    def unfinished(self) -> Iterator[StoredTrial]:
        """The trials that the sampler asked for and that have not ended."""
        for one in self._known:
            if one.asked is not None and not one.frozen.state.is_finished():
                yield one

    def _converted(self, frozen: FrozenTrial, before: StoredTrial | None) -> StoredTrial:
        asked = asked_of(frozen)
        result = result_of(frozen, self._direction)
        if before is not None and before.result == result:
            result = before.result  # what rests on it need not be judged again
        key = None if asked is None else training_key(asked)
        return StoredTrial(frozen, asked, key, result)
