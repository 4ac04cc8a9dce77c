"""Stages that an earlier replay judged, so that the next one need not judge them again.

Without it every replay would fit all surfaces of a study again, and a study of many stages would
take the square of their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tuner.results import TrialResult
from tuner.results.events import StageFinished
from tuner.search.result_cache import ResultCache


@dataclass(frozen=True)
class _Judged:
    """A stage, with the results that were used after those of the stage before."""

    finished: StageFinished
    used: Sequence[TrialResult]


@dataclass
class JudgedStages:
    """The first stages of one study, in order, each with the results that it rests on.

    A stage follows from the results up to its end alone. So it holds as long as these are the very
    same; where one is not, this stage and all later ones are forgotten.
    """

    _kept: list[_Judged] = field(default_factory=list)

    @cached_property
    def before(self) -> JudgedStages:
        """The stages from before the study went on."""
        return JudgedStages()

    def recall(self, place: int, seen: ResultCache) -> StageFinished | None:
        """The stage at a place, counted from 0, with its results marked as used; None if unknown.

        Args:
            place: One more than that of the latest call.
            seen: Has used the results of all stages before.
        """
        if place >= len(self._kept):
            return None
        judged = self._kept[place]
        if seen.use_again(judged.used):
            return judged.finished
        del self._kept[place:]
        return None

    def keep(self, place: int, finished: StageFinished, seen: ResultCache) -> None:
        """Keeps a stage that was judged, unless the budget was too small for a part of it."""
        if place != len(self._kept) or seen.short:
            return
        before = sum(len(one.used) for one in self._kept)
        self._kept.append(_Judged(finished, seen.used_since(before)))
