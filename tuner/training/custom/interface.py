"""The forms in which the user's own network takes a gray photo and returns a prediction.

    gray    (B, 1, H, W)            rgb         (B, 3, H, W) in [0, 1]
    gray3   (B, 3, H, W)            rgb_scaled  (B, 3, H, W) in [-1, 1]
    frame   (B, 1, 1, H, W)         ab          (B, 2, H, W) in Lab units
    frame3  (B, 3, 1, H, W)         ab_scaled   (B, 2, H, W) in Lab units / 110

Every input is sRGB gray in [0, 1]. `ab` is combined with the L of the gray photo.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import torch
from torch import Tensor, nn

from tuner.color.spaces import lab_to_rgb, rgb_to_lab
from tuner.errors import TrainerError
from tuner.spec.trainer import Input, Output, TrainerSpec
from tuner.training.custom.importing import blamed, brief

WAYS: tuple[Input, ...] = tuple(way for way in get_args(Input) if way != "auto")
CHANNELS: Mapping[Output, int] = {"rgb": 3, "rgb_scaled": 3, "ab": 2, "ab_scaled": 2}
LIMITS: Mapping[Output, tuple[float, float]] = {
    "rgb": (-1.0, 2.0), "rgb_scaled": (-3.0, 3.0), "ab": (-300.0, 300.0), "ab_scaled": (-3.0, 3.0),
}  # fmt: skip
"""Generous: an untrained network predicts roughly in its range, or the range is another one."""

AB_SCALE = 110.0
KEY = "trainer.model"


@dataclass(frozen=True)
class ModelInterface:
    """One form of input and one form of output."""

    input: Input
    output: Output

    def shown(self, gray: Tensor) -> Tensor:
        """The network's input for gray photos (B, 1, H, W)."""
        photos = gray.repeat(1, 3, 1, 1) if self.input in ("gray3", "frame3") else gray
        return photos.unsqueeze(2) if self.input in ("frame", "frame3") else photos

    def read(self, returned: Tensor, gray: Tensor) -> Tensor:
        """RGB (B, 3, H, W) from the network's output for gray photos (B, 1, H, W).

        The RGB of a network that predicts ab is not clipped, so that gradients stay.
        """
        values = _without_frame(returned).float()
        if self.output == "rgb":
            return values
        if self.output == "rgb_scaled":
            return (values + 1) / 2
        lightness = rgb_to_lab(gray.expand(-1, 3, -1, -1))[:, :1]
        ab = values * AB_SCALE if self.output == "ab_scaled" else values
        return lab_to_rgb(torch.cat((lightness, ab), dim=1))


def find_form(model: nn.Module, trainer: TrainerSpec, gray: Tensor) -> ModelInterface:
    """The first input form that the network takes, and the output form that its values suggest.

    Args:
        model: In training mode; its batch statistics are changed.
        trainer: Names the model, and may say `input` and `output`.
        gray: (2, 1, H, W): two photos, a number that no layer takes for channels or frames.

    Raises:
        TrainerError: It takes none, or returns no prediction; lists what was tried, with shapes.
    """
    tried = []
    for way in WAYS if trainer.input == "auto" else (trainer.input,):
        shown = ModelInterface(way, "rgb").shown(gray)
        try:
            returned = model(shown)
        except Exception as error:  # noqa: BLE001 - a network of the user's raises anything
            tried.append(f"{way} {tuple(shown.shape)}: {brief(error)}")
            continue
        problem = _unlike_a_prediction(returned, gray, trainer.output)
        if not problem:
            output = trainer.output if trainer.output != "auto" else _suggested(returned)
            _check_range(returned, output, trainer.model)
            _check_when_it_predicts(model, shown, gray, trainer)
            return ModelInterface(way, output)
        tried.append(f"{way} {tuple(shown.shape)}: returned {problem}")
    raise TrainerError(
        f"{KEY}: '{trainer.model}' makes no colors of gray photos in any way that was tried "
        f"({'; '.join(tried)})"
    )


def _check_when_it_predicts(
    model: nn.Module, shown: Tensor, gray: Tensor, trainer: TrainerSpec
) -> None:
    model.eval()
    with blamed(f"{KEY}: '{trainer.model}' fails in evaluation mode"), torch.no_grad():
        problem = _unlike_a_prediction(model(shown), gray, trainer.output)
    model.train()
    if problem:
        raise TrainerError(f"{KEY}: '{trainer.model}' in evaluation mode returned {problem}")


def _unlike_a_prediction(returned: object, gray: Tensor, output: Output) -> str:
    """What is wrong with the output, and what is expected; empty where it is a prediction."""
    if not isinstance(returned, Tensor):
        size = f" of {len(returned)}" if isinstance(returned, list | tuple | dict) else ""
        return f"a {type(returned).__name__}{size}, expected a tensor"
    channels = sorted({CHANNELS[output]} if output != "auto" else set(CHANNELS.values()))
    count, _, height, width = gray.shape
    fits = [(count, each, height, width) for each in channels]
    if not returned.is_floating_point() or _without_frame(returned).shape not in fits:
        expected = " or ".join(map(str, fits))
        return f"{tuple(returned.shape)} of {returned.dtype}, expected {expected} in floats"
    return ""


def _suggested(returned: Tensor) -> Output:
    """The output form by the channels; scaled where a tanh, or for ab all values, suggest it."""
    if _without_frame(returned).shape[1] == CHANNELS["ab"]:
        return "ab_scaled" if float(returned.detach().abs().max()) <= 1 else "ab"
    ends_in_tanh = returned.grad_fn is not None and returned.grad_fn.name().startswith("Tanh")
    return "rgb_scaled" if ends_in_tanh else "rgb"


def _check_range(returned: Tensor, output: Output, address: str) -> None:
    low, high = (bound.item() for bound in torch.aminmax(returned.detach().float()))
    least, most = LIMITS[output]
    if not (least <= low and high <= most):
        raise TrainerError(
            f"{KEY}: '{address}' returned values from {low:.3g} to {high:.3g} before any training, "
            f"which is no '{output}' (see trainer.output: rgb lies in 0..1, rgb_scaled and "
            "ab_scaled in -1..1, ab in -110..110)"
        )


def _without_frame(returned: Tensor) -> Tensor:
    """(B, C, H, W) of (B, C, 1, H, W)."""
    is_frame = returned.ndim == len("BCTHW") and returned.shape[2] == 1
    return returned.squeeze(2) if is_frame else returned
