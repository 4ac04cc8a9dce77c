"""One network learning with one set of weights: step, average, diverge."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from tuner.color.loss_terms import LossTerms, TargetSide
from tuner.data.batches import Batch, inner
from tuner.results import Trial
from tuner.spec.trainer import Engine, TrainerSpec
from tuner.training.ema import Ema
from tuner.training.frozen import freeze_except
from tuner.training.recipe import Network, Recipe, make_recipe

WARM_UP = 0.05
"""Share of the steps in which the learning rate rises."""

LARGEST_GRADIENT = 1.0

PIXELS_AT_ONCE = 1 << 18
"""Pixels that are predicted at once, so that large held-out photos fit into memory."""


class Learner:
    """The network of one trial, with its optimizer and its averaged weights.

    Args:
        start: The state of a network to go on from, of which `trainer.train_only` says what still
            learns; None draws one from the trial's seed, which learns as a whole.
        recipe: Network and loss, where they are known already.

    Attributes:
        device: Where it computes.
        done: Steps done by now.
        problem: Why the training diverged; empty while it goes on.
    """

    def __init__(
        self,
        trial: Trial,
        trainer: TrainerSpec,
        device: torch.device,
        start: Mapping[str, Tensor] | None,
        recipe: Recipe | None = None,
    ) -> None:
        self.trial = trial
        self.done = 0
        self.problem = ""
        self.device = device
        self._recipe = recipe or make_recipe(trainer, trial.weights, device)
        self._trunk = None if start is None else self._recipe.trunk
        self._measure = self._recipe.measure(trial, device)
        self.model = self._recipe.placed(self.network.build(trial.seed), device)
        if start is not None:
            self.model.load_state_dict(start)
            freeze_except(self.model, trainer.train_only)
        self._highest_rate = trainer.learning_rate
        self._in_half = trainer.precision == "bfloat16"
        self._averaging = Ema(self.model, trial.steps)
        graphed = self.engine == "graphed"
        first_rate = trainer.learning_rate
        self._optimizer = torch.optim.AdamW(
            self.model.parameters(),
            # A graph reads the rate from the device, where it changes between replays.
            lr=torch.tensor(first_rate, device=device) if graphed else first_rate,
            fused=device.type != "mps",
            capturable=graphed,
        )
        self._sums = dict.fromkeys(self._measure.names, 0.0)
        self._steps_summed = 0

    def step(self, batch: Batch, target: TargetSide, terms: LossTerms) -> None:
        """Learns from one batch; a loss or gradient that is not finite ends the training."""
        measured = self.compute_gradient(batch, target, terms)
        if measured is None:
            self.problem = self._measure.no_gradient
            return
        names, numbers = measured
        gradient_norm, loss, *parts = numbers.tolist()  # one wait for the device
        self.apply_gradient(gradient_norm, loss, dict(zip(names, parts, strict=True)))

    def compute_gradient(
        self, batch: Batch, target: TargetSide, terms: LossTerms
    ) -> tuple[tuple[str, ...], Tensor] | None:
        """Computes the gradient of a batch and clips it, without a wait for the device.

        Returns:
            The names of the components, and (2 + n,) on the device: the length of the gradient
            before it was clipped, the weighted total and the components; None where the total has
            no gradient.
        """
        with self._recipe.seeded_random(self.trial.seed, self.done, self.device):
            with self.precision():
                features = batch.features if self._trunk else None
                colored = self._recipe.color(self.model, batch.gray, features)
                prediction = inner(colored, batch.rgb.shape[-1]).float()
            total, components = self._measure(prediction, batch, target, terms, self.done)
            if not total.requires_grad:
                return None
            self.forget_gradient()
            total.backward()  # type: ignore[no-untyped-call]  # torch ships no type for it
        return (*components,), _row([self.clip(), total, *components.values()])

    def forget_gradient(self) -> None:
        """Clears the gradient before the next step."""
        self._optimizer.zero_grad(set_to_none=True)

    def clip(self) -> Tensor:
        """Clips the gradient; returns its length before, 0-d."""
        return nn.utils.clip_grad_norm_(self.model.parameters(), LARGEST_GRADIENT)

    def apply_gradient(self, gradient_norm: float, loss: float, parts: Mapping[str, float]) -> None:
        """Does the optimizer's step, unless the gradient or the loss is not finite.

        Args:
            gradient_norm: Length of the gradient before it was clipped.
            loss: The weighted total.
            parts: Components of the total, unweighted.
        """
        self._check(loss, gradient_norm)
        if not self.problem:
            self.set_rate()
            self.move()
            self._count({"total": loss, **parts})

    def set_rate(self) -> None:
        """Sets the learning rate of the next step."""
        now = self._highest_rate * rate(self.done, self.trial.steps)
        for group in self._optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(now)
            else:
                group["lr"] = now

    def move(self) -> None:
        """Does the optimizer's step and averages the weights, whatever the gradient is."""
        self._optimizer.step()
        self._averaging.take_in(self.model, self.done)

    def count_step(self, gradient_norm: float, loss: float, parts: Mapping[str, float]) -> None:
        """Records a step that the device has done already, as `apply_gradient` records its own."""
        self._check(loss, gradient_norm)
        if not self.problem:
            self._count({"total": loss, **parts})

    @property
    def network(self) -> Network:
        """What kind of network it is."""
        return self._recipe.network

    @property
    def engine(self) -> Engine:
        """How it is computed together with others."""
        return self._recipe.engine

    @property
    def predicts_ab(self) -> bool:
        """Whether the network predicts ab alone, so that its RGB may leave [0, 1]."""
        return self.network.predicts_ab

    def color(self, gray: Tensor) -> Tensor:
        """RGB (B, 3, H, W) of gray photos, by the weights as they are now."""
        return self.network.color(self.model, gray)

    def precision(self) -> torch.autocast:
        """Inside, networks compute in the precision that is trained with."""
        return torch.autocast(
            self.device.type, torch.bfloat16, enabled=self._in_half, cache_enabled=False
        )

    @torch.no_grad()
    def predict(self, gray: Tensor) -> Tensor:
        """RGB (B, 3, H, W) in [0, 1] of gray photos, by the averaged weights."""
        at_once = max(1, PIXELS_AT_ONCE // (gray.shape[-2] * gray.shape[-1]))
        parts = [gray[start : start + at_once] for start in range(0, len(gray), at_once)]
        seen = self._trunk.of_photos(gray, parts) if self._trunk else [None] * len(parts)
        averaged, pairs = self._averaging.model, zip(parts, seen, strict=True)
        return torch.cat([self._recipe.color(averaged, *pair) for pair in pairs])

    def averaged_state(self) -> dict[str, Tensor]:
        """The averaged weights, by name, as a model of the same kind can load them."""
        state = self._averaging.model.state_dict()
        return {
            name: value.clone(memory_format=torch.contiguous_format)
            for name, value in state.items()
        }

    def state(self) -> dict[str, Tensor]:
        """Network, averages and optimizer as they are now, by name, on the processor."""
        parts: dict[str, Mapping[str, Tensor]] = {
            "model": self.model.state_dict(),
            "averaged.module": self._averaging.model.state_dict(),
            **{f"optimizer.{name}": self._optimizer.state[p] for name, p in self._named()},
        }
        return {
            f"{part}.{name}": value.detach().cpu().clone(memory_format=torch.contiguous_format)
            for part, values in parts.items()
            for name, value in values.items()
        }

    def progress(self) -> dict[str, Any]:
        """What else the next step depends on, as JSON has it."""
        progress = {"done": self.done, "sums": self._sums, "steps_summed": self._steps_summed}
        weighting = self._measure.state()
        return {**progress, "weighting": weighting} if weighting else progress

    def go_on_from(self, state: Mapping[str, Tensor], progress: Mapping[str, Any]) -> None:
        """Restores what `state` and `progress` were read from, to the last bit."""
        self.model.load_state_dict(_part(state, "model."))
        self._averaging.model.load_state_dict(_part(state, "averaged.module."))
        for name, parameter in self._named():
            # Copied into tensors laid out like the parameter, as the optimizer makes them.
            self._optimizer.state[parameter] = {
                key: torch.empty_like(parameter).copy_(value)
                if value.shape == parameter.shape
                else value.to(parameter.device)
                for key, value in _part(state, f"optimizer.{name}.").items()
            }
        self.done = progress["done"]
        if "weighting" in progress:
            self._measure.go_on_from(progress["weighting"])
        self._sums = dict(progress["sums"])
        self._steps_summed = progress["steps_summed"]

    def averages(self) -> dict[str, float]:
        """Loss components and their weighted shares, averaged since the last call."""
        steps = max(1, self._steps_summed)
        means = {name: total / steps for name, total in self._sums.items()}
        self._sums = dict.fromkeys(self._sums, 0.0)
        self._steps_summed = 0
        shares = self._measure.shares(means)
        return {
            **{f"loss/{name}": value for name, value in means.items()},
            **{f"share/{name}": value for name, value in shares.items()},
        }

    def _named(self) -> Iterator[tuple[str, nn.Parameter]]:
        return self.model.named_parameters()

    def _check(self, total: float, gradient: float) -> None:
        if not math.isfinite(total):
            self.problem = f"the loss became {total} at step {self.done + 1}"
        elif not math.isfinite(gradient):
            self.problem = f"the gradient became {gradient} at step {self.done + 1}"

    def _count(self, numbers: Mapping[str, float]) -> None:
        for name, value in numbers.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._steps_summed += 1
        self.done += 1


def _row(tensors: Sequence[Tensor]) -> Tensor:
    """0-d tensors as one, so that they are fetched at once: each transfer waits for the GPU."""
    where = tensors[0].device
    return torch.stack([tensor.detach().to(where, torch.float32) for tensor in tensors])


def _part(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)
    }


def rate(step: int, steps: int) -> float:
    """Share of the highest learning rate at a step: a short rise, then half a cosine to 0."""
    rise = max(1, round(WARM_UP * steps))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1.0 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))
