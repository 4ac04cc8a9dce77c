"""The training loop that one writes today, to compare with: `lpips.LPIPS` and kornia in the loss.

Same networks, batches, loss and recipe as the built-in trainer, so that scores agree; but each
trial is trained alone, on all cores, and everything is computed for it anew.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import torch
from kornia.color import rgb_to_lab
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from tuner.color.lpips_network import import_lpips
from tuner.color.trunk import load_trunk
from tuner.results import Trial
from tuner.training.context import TrainingContext
from tuner.training.ema import AVERAGED_OVER
from tuner.training.learner import LARGEST_GRADIENT, rate
from tuner.training.model import build_model


class PlainLoss(nn.Module):
    """The loss of the guide on top of the two packages, in Lab units / 100.

    Args:
        weights: By the names of the study.
        perceptual: LPIPS, frozen.
        scale: Constant factor on its distances.
    """

    def __init__(self, weights: Mapping[str, float], perceptual: nn.Module, scale: float) -> None:
        super().__init__()
        self.weights = weights
        self.perceptual = perceptual
        self.scale = scale

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """The weighted total of pictures (B, 3, H, W) in [0, 1]."""
        labs = rgb_to_lab(prediction), rgb_to_lab(target)
        difference = (labs[0] - labs[1]) / 100
        lightness, ab = difference[:, :1], difference[:, 1:]
        chroma = [(lab[:, 1:].square().sum(dim=1) + 0.25).sqrt() / 100 for lab in labs]
        parts = {
            "perceptual_weight": self.scale
            * self.perceptual(prediction, target, normalize=True).mean(),
            "l_weight": _rounded_length(lightness.square()),
            "ab_weight": _rounded_length(ab.square().sum(dim=1)),
            "saturation_weight": (chroma[0] - chroma[1]).square().mean(),
        }
        return torch.stack([self.weights[name] * part for name, part in parts.items()]).sum()


def plain_lpips(context: TrainingContext) -> tuple[nn.Module, float]:
    """`lpips.LPIPS` with the trunk that the bench trains with, and the factor on its distances."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torchvision deprecates what lpips does
        network = import_lpips().LPIPS(
            net=context.trainer.perceptual_net, pnet_rand=True, verbose=False
        )
    names = {name: "features." + name.partition(".")[2] for name in network.net.state_dict()}
    shapes = {names[key]: value.shape for key, value in network.net.state_dict().items()}
    weights, trunk = load_trunk(
        context.trainer.perceptual_net, context.terms.perceptual.trunk.name, shapes
    )
    network.net.load_state_dict({key: weights[name] for key, name in names.items()})
    return network.requires_grad_(requires_grad=False).eval().to(context.device), trunk.scale


def train(
    trial: Trial,
    context: TrainingContext,
    perceptual: nn.Module,
    scale: float,
    start: Mapping[str, Tensor] | None = None,
) -> AveragedModel:
    """Trains one trial to its end.

    Args:
        start: A network to go on from, after as many steps as the study asks for.

    Returns:
        The network whose weights are averaged.
    """
    device, in_half = context.device, context.trainer.precision == "bfloat16"
    model: nn.Module = build_model(context.trainer.model_args, trial.seed).to(device)
    if start is not None:
        model.load_state_dict(start)
    before = context.warm_starts.steps if start is not None else 0
    loss = PlainLoss(trial.weights, perceptual, scale)
    optimizer = torch.optim.AdamW(model.parameters(), lr=context.trainer.learning_rate)
    schedule = LambdaLR(optimizer, lambda step: rate(step, trial.steps))
    horizon = max(1.0, AVERAGED_OVER * trial.steps)
    averaged = AveragedModel(
        model,
        multi_avg_fn=get_ema_multi_avg_fn(1.0 - 1.0 / horizon),  # type: ignore[no-untyped-call]
    )
    for step in range(trial.steps):
        batch = context.batches.draw(trial.seed, before + step)
        optimizer.zero_grad()
        with torch.autocast(device.type, torch.bfloat16, enabled=in_half):
            prediction = model(batch.gray)
        loss(prediction.float(), batch.rgb).backward()
        nn.utils.clip_grad_norm_(model.parameters(), LARGEST_GRADIENT)
        optimizer.step()
        schedule.step()
        averaged.update_parameters(model)
    return averaged


def score(network: nn.Module, context: TrainingContext) -> float:
    """The score of a trained network on the held-out photos."""
    with torch.no_grad():
        return context.scorer.score(context.heldout.colored(network)).value


def _rounded_length(squared: Tensor) -> Tensor:
    return (squared + 1e-6).sqrt().mean() - 1e-3
