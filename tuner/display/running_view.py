"""A trial in training, as it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.results import Trial


@dataclass(frozen=True)
class RunningView:
    """A trial that was started and has not ended.

    Attributes:
        score: The latest score of the held-out photos; None before the first.
        began: Time of its first numbers, or of its start where a script trains; None while it waits
            for its turn.
        heard: Time of its latest numbers.
    """

    trial: Trial
    step: int = 0
    score: float | None = None
    began: float | None = None
    heard: float = 0.0

    @property
    def share(self) -> float:
        """The trained part, in [0, 1]."""
        return min(1.0, self.step / max(1, self.trial.steps))
