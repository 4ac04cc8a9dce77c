"""The network and the loss of a study: the built-in ones, or the user's own classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from tuner.color.loss_terms import LossTerms, TargetSide
from tuner.color.loss_weights import EXTRA_WEIGHTS
from tuner.color.spaces import gray_of
from tuner.data.batches import Batch
from tuner.errors import TrainerError
from tuner.guide.weightings import UNSEARCHED
from tuner.results import Trial
from tuner.spec.trainer import Engine, TrainerSpec
from tuner.training.custom.importing import brief
from tuner.training.custom.loss import CustomLoss, CustomWeightedLoss, UnusedLossTerms, custom_loss
from tuner.training.custom.model import custom_network
from tuner.training.custom.random_state import position, seeded
from tuner.training.frozen_trunk import FrozenTrunk
from tuner.training.loss_weighting import (
    Objective,
    StepTensors,
    unweighted_components,
    used_components,
    weighting_of,
)
from tuner.training.model import UNet, build_model, check_model_arguments

BUILTIN_MODEL = "unet"
STEPS_OF_A_SEED = 1_000_003  # a prime: no two pairs of seed and step get the same number


Model = Callable[[Tensor], Tensor]
"""A network, or a function that computes as one does."""


class Network(Protocol):
    """Builds networks of one kind, and predicts with them."""

    @property
    def predicts_ab(self) -> bool:
        """Whether they predict ab alone, so that their RGB may leave [0, 1]."""

    def build(self, seed: int) -> nn.Module:
        """A network whose weights are drawn from `seed`."""

    def color(self, model: Model, gray: Tensor) -> Tensor:
        """RGB (B, 3, H, W) of gray photos (B, 1, H, W) in [0, 1]."""

    def layout(self, device: torch.device) -> torch.memory_format:
        """How its tensors lie in memory."""


class WeightedLoss(Protocol):
    """The loss of one trial."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the numbers that are known before the first step."""

    @property
    def no_gradient(self) -> str:
        """Reason to report when a total has no gradient."""

    def __call__(
        self, prediction: Tensor, batch: Batch, target: TargetSide, terms: LossTerms, step: int, /
    ) -> tuple[Tensor, Mapping[str, Tensor]]:
        """The weighted total, 0-d, and its unweighted components."""

    def shares(self, means: Mapping[str, float], /) -> dict[str, float]:
        """Share of the total of each weighted component, by name."""

    def state(self) -> dict[str, Any]:
        """What the next step depends on, as JSON has it."""

    def go_on_from(self, state: Mapping[str, Any], /) -> None:
        """Restores what `state` returned."""


@dataclass(frozen=True)
class BuiltinNetwork:
    """The built-in U-Net."""

    arguments: Mapping[str, int | float | bool | str]
    predicts_ab = False

    def build(self, seed: int) -> nn.Module:
        """As `Network` says."""
        return build_model(self.arguments, seed)

    def color(self, model: Model, gray: Tensor) -> Tensor:
        """As `Network` says."""
        return model(gray)

    def layout(self, device: torch.device) -> torch.memory_format:
        """Channels last, where convolutions are faster so (`benchmarks/step.py`)."""
        return torch.contiguous_format if device.type == "mps" else torch.channels_last


class BuiltinLoss:
    """The built-in loss, weighted as the trial says."""

    no_gradient = "all weights of the loss are 0"

    def __init__(self, trial: Trial, objective: Objective | None = None) -> None:
        self._trial = trial
        self._weighting = weighting_of(trial, objective)
        self._used = used_components(trial)
        self.names = ("total", *self._used)
        self._extra = [name for name in self._used if name in EXTRA_WEIGHTS]
        self._unused = unweighted_components(trial)

    def __call__(
        self, prediction: Tensor, batch: Batch, target: TargetSide, terms: LossTerms, step: int
    ) -> tuple[Tensor, Mapping[str, Tensor]]:
        """As `WeightedLoss` says."""
        weights = self._trial.weights
        components = terms.compare(
            prediction,
            target,
            a_weight=weights.get("a_weight", 1.0),
            b_weight=weights.get("b_weight", 1.0),
            detached=self._unused,
            extra=self._extra,
        )
        now = StepTensors(components, prediction, batch.rgb, step)
        return self._weighting.total(now), components

    def shares(self, means: Mapping[str, float]) -> dict[str, float]:
        """As `WeightedLoss` says; empty where the weights are others in every step."""
        if self._trial.rival in UNSEARCHED:
            return {}
        total, weights = means["total"], self._trial.weights
        return {
            name: weights.get(weight, 0.0) * means[name] / total if total else 0.0
            for name, weight in self._used.items()
        }

    def state(self) -> dict[str, Any]:
        """As `WeightedLoss` says."""
        return self._weighting.state()

    def go_on_from(self, state: Mapping[str, Any]) -> None:
        """As `WeightedLoss` says."""
        self._weighting.go_on_from(state)


@dataclass(frozen=True)
class Recipe:
    """The network, the loss and the engine of a study.

    Attributes:
        loss: The user's; None for the built-in one.
        draws: Whether a step draws random numbers, as dropout does.
        engine: How several networks are computed.
        objective: What a weighting is learned against; None before the score is there.
        trunk: The frozen layers of all networks, where they are the same; None otherwise.
        facts: What has to stay the same for all trials of a study, as text by name.
        notice: What the user should know; empty where there is nothing.
    """

    network: Network
    loss: CustomLoss | None
    draws: bool
    facts: Mapping[str, str]
    notice: str = ""
    engine: Engine = "loop"
    objective: Objective | None = None
    trunk: FrozenTrunk | None = None

    def color(self, model: nn.Module, gray: Tensor, features: Tensor | None = None) -> Tensor:
        """RGB (B, 3, H, W) of gray photos, from what `trunk` made of them where it did."""
        if features is None:
            return self.network.color(model, gray)
        assert isinstance(model, UNet), "only the built-in network is split"
        return model.paint(features, gray)

    def placed(self, model: nn.Module, device: torch.device) -> nn.Module:
        """A network on a device, its tensors laid out as the engine computes fastest."""
        stacked = self.engine == "stacked"  # which supports contiguous tensors alone
        layout = torch.contiguous_format if stacked else self.network.layout(device)
        placed: nn.Module = model.to(device).to(memory_format=layout)  # type: ignore[call-overload]
        return placed

    def measure(self, trial: Trial, device: torch.device) -> WeightedLoss:
        """The loss of a trial."""
        if self.loss is None:
            return BuiltinLoss(trial, self.objective)
        return self.loss.of(trial.weights, device)

    def seeded_random(
        self, seed: int, step: int, device: torch.device
    ) -> AbstractContextManager[None]:
        """Inside, random numbers depend on seed and step alone, not on other trainings or pauses.

        Trainings that draw take turns, because all threads share torch's generator.
        """
        if not self.draws:
            return nullcontext()
        return seeded(seed * STEPS_OF_A_SEED + step, device)


def make_recipe(
    trainer: TrainerSpec, weights: Mapping[str, float], device: torch.device, side: int = 64
) -> Recipe:
    """Builds the recipe that the study names; tries the user's own classes on two small photos.

    Args:
        weights: The weights that the study starts with.
        side: Of the photos that are trained on, in pixels.

    Raises:
        TrainerError: Something cannot be used.
    """
    own = custom_network(trainer, device, side) if trainer.model != BUILTIN_MODEL else None
    loss = custom_loss(trainer.loss, weights, trainer.loss_args) if trainer.loss else None
    if own is None:
        check_model_arguments(trainer.model_args)
    network: Network = own or BuiltinNetwork(trainer.model_args)
    draws = False
    if own or loss:
        measure = loss.of(weights, device) if loss else None
        draws = _try_one_step(network, measure, device, side)
    facts = {"model": own.fact} if own else {}
    facts |= {"loss": loss.fact} if loss else {}
    return Recipe(network, loss, draws, facts, own.notice if own else "")


def _try_one_step(
    network: Network, measure: CustomWeightedLoss | None, device: torch.device, side: int
) -> bool:
    """Does one step on two photos and keeps nothing; whether it drew random numbers."""
    model = network.build(0).to(device)
    ramp = torch.linspace(0.05, 0.95, side, device=device).expand(side, side)
    rgb = torch.stack((torch.stack((ramp, ramp.T, 1 - ramp)), torch.stack((ramp.T, ramp, ramp))))
    batch, nothing = Batch(rgb, gray_of(rgb)[:, :1].contiguous()), UnusedLossTerms()
    with seeded(0, device):
        before = position(device)
        prediction = network.color(model, batch.gray)
        total, who = prediction.mean(), "trainer.model: its output"
        if measure is not None:
            total, _ = measure(prediction, batch, nothing.observe(rgb), nothing, 0)
            who = "trainer.loss: its total"
        _check_gradient(total, who)
        return not torch.equal(before, position(device))


def _check_gradient(total: Tensor, who: str) -> None:
    if not total.requires_grad:
        raise TrainerError(
            f"{who} has no gradient (is it computed under no_grad, or from .item()?)"
        )
    if not torch.isfinite(total):
        raise TrainerError(f"{who} is {total.item()} before any training")
    try:
        total.backward()  # type: ignore[no-untyped-call]  # torch ships no type for it
    except Exception as error:
        raise TrainerError(f"{who} has no gradient ({brief(error)})") from error
