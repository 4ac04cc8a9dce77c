"""The user's own loss in place of the built-in one: `trainer.loss: package.module:Class`.

Built as `Class(**loss_args, **weights)`, it is called with prediction and target, RGB
(B, 3, H, W), the target in [0, 1]. It returns a scalar, or a dict with `total`; the other numbers
of the dict become curves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from tuner.color.loss_terms import LossTerms, TargetSide
from tuner.data.batches import Batch
from tuner.errors import TrainerError
from tuner.results.events import NOT_IN_A_NAME
from tuner.training.custom.importing import blamed, fitting, import_class, source_digest
from tuner.training.custom.random_state import seeded
from tuner.wording import listed

KEY = "trainer.loss"


@dataclass(frozen=True)
class CustomLoss:
    """Builds losses of the user's class.

    Attributes:
        address: The class as the study names it.
        found: The class.
        fact: What has to stay the same for all trials of a study.
        arguments: What its constructor gets besides the weights.
    """

    address: str
    found: type[Any]
    fact: str
    arguments: Mapping[str, Any]

    def of(self, weights: Mapping[str, float], device: torch.device) -> CustomWeightedLoss:
        """The loss of a trial; random numbers of its constructor are the same for all trials.

        Raises:
            TrainerError: Its constructor fails.
        """
        given = listed([*self.arguments, *weights])
        with blamed(f"{KEY}: '{self.address}' cannot be built with {given}"), seeded(0):
            loss = self.found(**self.arguments, **weights)
        if isinstance(loss, nn.Module):
            loss = loss.to(device)
        if not callable(loss):
            raise TrainerError(
                f"{KEY}: '{self.address}' cannot be called with a prediction and a target"
            )
        return CustomWeightedLoss(loss, self.address)


class CustomWeightedLoss:
    """The loss of one trial.

    Attributes:
        names: Names of the numbers that are known before the first step.
        no_gradient: Reason to report when a total has no gradient.
    """

    names = ("total",)
    no_gradient = "the loss has no gradient"

    def __init__(self, loss: Any, address: str) -> None:
        self._loss = loss
        self._address = address

    def __call__(
        self, prediction: Tensor, batch: Batch, _target: TargetSide, _terms: LossTerms, _step: int
    ) -> tuple[Tensor, Mapping[str, Tensor]]:
        """The total, 0-d, and the other numbers of the loss.

        Raises:
            TrainerError: The loss fails, or returns something else.
        """
        with blamed(
            f"{KEY}: '{self._address}' failed on prediction and target of shape "
            f"{tuple(prediction.shape)}"
        ):
            returned = self._loss(prediction, batch.rgb)
        parts = dict(returned) if isinstance(returned, Mapping) else {"total": returned}
        if "total" not in parts:
            raise TrainerError(
                f"{KEY}: '{self._address}' returned {listed(map(str, parts)) or 'an empty dict'}, "
                "expected 'total' among them"
            )
        total = parts.pop("total")
        if not isinstance(total, Tensor) or total.numel() != 1:
            came = tuple(total.shape) if isinstance(total, Tensor) else type(total).__name__
            what = f"a tensor of shape {came}" if isinstance(total, Tensor) else f"a {came}"
            raise TrainerError(
                f"{KEY}: '{self._address}' returned {what} as its total, expected a tensor with "
                "one number (such as .mean() gives)"
            )
        return total.reshape(()), {self._name(name): self._number(name, value)
                                   for name, value in parts.items()}  # fmt: skip

    def shares(self, _means: Mapping[str, float]) -> dict[str, float]:
        """Empty: how the loss weights its parts is not known."""
        return {}

    def state(self) -> dict[str, Any]:
        """Empty: the loss is a function of its arguments."""
        return {}

    def go_on_from(self, _state: Mapping[str, Any]) -> None:
        """Has nothing to restore."""

    def _name(self, name: object) -> str:
        return NOT_IN_A_NAME.sub("_", str(name))

    def _number(self, name: object, value: Any) -> Tensor:
        try:
            number = torch.as_tensor(value).detach()
        except (TypeError, ValueError, RuntimeError):
            number = None
        if number is None or number.numel() != 1:
            raise TrainerError(
                f"{KEY}: '{self._address}' returned something as '{name}' that is no number"
            )
        return number.reshape(())


class UnusedLossTerms(LossTerms):
    """Replaces the built-in components where they are not needed: computes nothing."""

    def __init__(self) -> None:
        """Needs no LPIPS network."""

    def observe(self, target: Tensor) -> TargetSide:
        """Only the photos: the user's own loss gets nothing else."""
        return TargetSide(lab=target, chroma=target, embedding=())


def custom_loss(
    address: str, weights: Mapping[str, float], arguments: Mapping[str, Any]
) -> CustomLoss:
    """Imports the class, and checks whether it takes the study's weights and arguments.

    Raises:
        TrainerError: It cannot be used, or takes other weights; names both sets.
    """
    found = import_class(address, KEY)
    misfit = fitting(found, {**arguments, **weights})
    if misfit is not None:
        name, problem = misfit
        if name in arguments:
            raise TrainerError(f"trainer.loss_args.{name}: '{address}' {problem}")
        which = f"weights.{name}" if name else "weights"
        raise TrainerError(f"{which}: '{address}' {problem}; the study has {listed(weights)}")
    return CustomLoss(address, found, f"{address} {source_digest(found)}", dict(arguments))
