"""The context of a stage: a function that trains, and the noise and surface so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tuner.results import GuardrailCheck, Noise, Role, Trial, TrialResult
from tuner.search.scale import Scale
from tuner.search.surface import Surface
from tuner.spec.plan import Plan

Groups = Sequence[Sequence[Trial]]
"""Groups of trials; a group is useful only as a whole, and the most useful one is first."""


@dataclass(frozen=True)
class SearchContext:
    """The context of a stage.

    Attributes:
        train: Trains whole groups of trials, in order, as far as the budget reaches; returns
            what was trained. What was trained before costs nothing.
        noise: The noise as known by now, of the trainings of some sets of weights, or of all where
            none is named; asked again after each training.
        surface: The surface through all trials by now; None before there is one.
        broken: The guardrails that weights break, by their trainings so far.
    """

    plan: Plan
    scale: Scale
    train: Callable[[Groups], list[TrialResult]]
    noise: Callable[..., Noise | None]
    surface: Callable[[], Surface | None]
    broken: Callable[[Mapping[str, float]], tuple[GuardrailCheck, ...]] = lambda _weights: ()


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
    """Whether no training diverged or was rejected.

    Weights that fail on some seeds are not better, even where the other seeds are good: only the
    lucky seeds could be compared.
    """
    return all(result.status == "complete" for result in results)
