"""How the components of the loss are weighted at a step: by the trial's weights, or computed.

Four ways need no search, to compare with (`guide.weightings`): `rlw`, `uw-so`, `balancer` and
`aligned-hpo`; their formulas are in `tuner.color.weightings`. The balancer takes the trial's
weights for shares of the gradient; the others have no use for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from tuner.color.loss_weights import COMPONENT_WEIGHTS, components_of, weighted_total
from tuner.color.weightings.aligned import AlignedWeights
from tuner.color.weightings.balancer import LossBalancer
from tuner.color.weightings.random_weighting import random_weighting
from tuner.color.weightings.uncertainty_weighting import uncertainty_weighting
from tuner.guide.weightings import UNSEARCHED
from tuner.results import Trial


@dataclass(frozen=True)
class StepTensors:
    """What a weighting may look at.

    Attributes:
        components: Unweighted, 0-d, as `LossTerms.compare` returns them.
        prediction: (B, 3, H, W), what they are a function of.
        target: (B, 3, H, W).
        step: Counted from 0.
    """

    components: Mapping[str, Tensor]
    prediction: Tensor
    target: Tensor
    step: int


Objective = Callable[[Tensor, Tensor], Tensor]
"""The score of predictions (B, 3, H, W) of targets of the same shape, 0-d, with a gradient."""


class Weighting(Protocol):
    """Weighs the components of one trial."""

    def total(self, now: StepTensors, /) -> Tensor:
        """The total loss of a step, 0-d."""

    def state(self) -> dict[str, Any]:
        """What the next step depends on, as JSON has it."""

    def go_on_from(self, state: Mapping[str, Any], /) -> None:
        """Restores what `state` returned."""


def used_components(trial: Trial) -> dict[str, str]:
    """The components that a trial computes, each with the name of its weight."""
    return components_of(trial.weights) if _has_weights(trial) else dict(COMPONENT_WEIGHTS)


def unweighted_components(trial: Trial) -> list[str]:
    """The components that are only recorded, because their weight is 0."""
    used = used_components(trial).items() if _has_weights(trial) else ()
    return [name for name, weight in used if not trial.weights.get(weight)]


def weighting_of(trial: Trial, objective: Objective | None = None) -> Weighting:
    """The weighting that a trial is trained with.

    Args:
        objective: What `aligned-hpo` learns its weights against.
    """
    match trial.rival:
        case "rlw":
            return _Stateless(lambda now: random_weighting(_guides(now), now.step, trial.seed))
        case "uw-so":
            return _Stateless(lambda now: uncertainty_weighting(_guides(now)))
        case "balancer":
            return _Balanced(trial)
        case "aligned-hpo":
            assert objective is not None, "the score is there before any training"
            return _Aligned(objective)
    return _Stateless(lambda now: weighted_total(now.components, trial.weights))


def _has_weights(trial: Trial) -> bool:
    """Whether a trial uses its weights, if only as shares of the gradient."""
    return trial.rival not in UNSEARCHED or trial.rival == "balancer"


def _guides(now: StepTensors) -> dict[str, Tensor]:
    return {name: now.components[name] for name in COMPONENT_WEIGHTS}


@dataclass(frozen=True)
class _Stateless:
    total: Callable[[StepTensors], Tensor]

    def state(self) -> dict[str, Any]:
        return {}

    def go_on_from(self, _state: Mapping[str, Any]) -> None:
        """Has nothing to restore."""


class _Balanced:
    def __init__(self, trial: Trial) -> None:
        used = used_components(trial).items()
        self._shares = {name: trial.weights.get(weight, 0.0) for name, weight in used}
        self._balancer = LossBalancer(self._shares)

    def total(self, now: StepTensors) -> Tensor:
        if not any(self._shares.values()):
            return weighted_total(now.components, {})
        return self._balancer(now.components, now.prediction)

    def state(self) -> dict[str, Any]:
        return self._balancer.state_dict()

    def go_on_from(self, state: Mapping[str, Any]) -> None:
        self._balancer.load_state_dict(state)


@dataclass(frozen=True)
class _Aligned:
    objective: Objective
    weights: AlignedWeights = field(default_factory=AlignedWeights)

    def total(self, now: StepTensors) -> Tensor:
        wanted = self.objective(now.prediction, now.target)
        return self.weights(_guides(now), now.prediction, wanted)

    def state(self) -> dict[str, Any]:
        return self.weights.state_dict()

    def go_on_from(self, state: Mapping[str, Any]) -> None:
        self.weights.load_state_dict(state)
