"""The context of a stage: a function that trains, and the noise and surface so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tuner.results import Noise, Role, Trial, TrialResult
from tuner.search.scale import Scale
from tuner.search.surface import Surface
from tuner.spec.plan import Plan

Groups = Sequence[Sequence[Trial]]
"""Trials that are of use only together, group by group, the most useful first."""


@dataclass(frozen=True)
class SearchContext:
    """What stages share.

    Attributes:
        train: Trains whole groups of trials, in order, as far as the budget reaches; returns
            what was trained. What was trained before costs nothing.
        noise: The noise as known by now, of the trainings of some sets of weights, or of all where
            none is named; asked again after each training.
        surface: The surface through all trials by now; None before there is one.
    """

    plan: Plan
    scale: Scale
    train: Callable[[Groups], list[TrialResult]]
    noise: Callable[..., Noise | None]
    surface: Callable[[], Surface | None]


@dataclass(frozen=True)
class TrialFactory:
    """Makes the trials of one stage."""

    plan: Plan
    stage: int
    varied: str | None

    def trial(self, weights: Mapping[str, float], seed: int, role: Role) -> Trial:
        """One training of the stage."""
        return Trial(
            weights=dict(weights),
            seed=seed,
            steps=self.plan.steps,
            role=role,
            stage=self.stage,
            varied=self.varied,
        )


def reliable(results: Iterable[TrialResult]) -> bool:
    """Whether nothing diverged or was rejected.

    What fails on some seeds and is good on the others is not better: what could be compared
    are the seeds on which it was lucky.
    """
    return all(result.status == "complete" for result in results)
