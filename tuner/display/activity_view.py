"""What a run does apart from the steps of trials, as it is shown, with its pace."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tuner.results.progress import Activity


@dataclass(frozen=True)
class ActivityView:
    """What a run does now, apart from the steps of trials.

    Attributes:
        began: Time when it began.
        first: How much was done then.
        heard: Time when the latest part was done.
        usual: Seconds that each part took the last time; None the first time.
    """

    now: Activity
    began: float
    first: int
    heard: float
    usual: float | None = None

    @property
    def share(self) -> float:
        """The part that is done, in [0, 1]."""
        return min(1.0, self.now.done / max(1, self.now.total))

    @classmethod
    def after(
        cls, before: ActivityView | None, told: Activity, now: float, usual: float | None
    ) -> ActivityView | None:
        """The activity after an update; None where it is over."""
        if told.done >= told.total:
            return None
        if before is None or (before.now.name, before.now.detail) != (told.name, told.detail):
            return cls(told, now, told.done, now, usual)
        # Threads may tell in another order than they count.
        furthest = max(before.now.done, told.done)
        heard = now if furthest > before.now.done else before.heard
        return replace(before, now=replace(told, done=furthest), heard=heard)


def pace_of(before: ActivityView | None, told: Activity, now: float) -> dict[str, float]:
    """Seconds for each part of an activity that is over, by its name."""
    if before is None or told.done < told.total or before.now.name != told.name:
        return {}
    return {told.name: (now - before.began) / max(1, told.total - before.first)}
