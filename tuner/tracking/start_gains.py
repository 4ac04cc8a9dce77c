"""The gain of each trial over the start weights, on the same seed and as many steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tuner.results import TrialResult


@dataclass
class StartGains:
    """Gains in the order in which they become known, as trials end in any order.

    Attributes:
        weights: The start weights of the study; empty before it was opened.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    _starts: dict[tuple[int, int], float] = field(default_factory=dict)
    _waiting: dict[tuple[int, int], list[tuple[int, float]]] = field(default_factory=dict)

    def add(self, result: TrialResult) -> Iterator[tuple[int, float]]:
        """The gains that are known with one more result, by number of their trial."""
        trial, score = result.trial, result.score
        if score is None or result.status not in {"complete", "rejected"}:
            return
        alike = trial.seed, trial.steps
        if trial.is_of(self.weights):
            self._starts.setdefault(alike, score)
        waiting = self._waiting.setdefault(alike, [])
        waiting.append((trial.number, score))
        if alike in self._starts:
            yield from ((number, self._starts[alike] - one) for number, one in waiting)
            waiting.clear()
