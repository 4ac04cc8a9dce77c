"""The user's own network in place of the built-in one: `trainer.model: package.module:Class`.

It is trained as the built-in one is: the same batches, optimizer, averaging and checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tuner.errors import TrainerError
from tuner.spec.trainer import TrainerSpec
from tuner.training.custom.importing import blamed, fitting, import_class, source_digest
from tuner.training.custom.interface import KEY, ModelInterface, find_form
from tuner.training.custom.random_state import seeded


@dataclass(frozen=True)
class CustomNetwork:
    """Builds networks of the user's class and predicts with them.

    Attributes:
        address: The class as the study names it.
        make: Calls its constructor.
        form: The form of its input and its output.
        fact: What has to stay the same for all trials of a study.
        notice: What was guessed, as a sentence; empty where nothing was guessed.
    """

    address: str
    make: Callable[[], nn.Module]
    form: ModelInterface
    fact: str
    notice: str

    @property
    def predicts_ab(self) -> bool:
        """Whether they predict ab alone, so that their RGB may leave [0, 1]."""
        return self.form.output in ("ab", "ab_scaled")

    def build(self, seed: int) -> nn.Module:
        """A network whose weights are drawn from `seed`, also while other threads draw."""
        with seeded(seed):
            return self.make()

    def color(self, model: Callable[[Tensor], Tensor], gray: Tensor) -> Tensor:
        """RGB (B, 3, H, W), nominally in [0, 1], of gray photos (B, 1, H, W).

        Raises:
            TrainerError: The network fails.
        """
        shown = self.form.shown(gray)
        with blamed(f"{KEY}: '{self.address}' failed on a batch of shape {tuple(shown.shape)}"):
            returned = model(shown)
        return self.form.read(returned, gray)

    def layout(self, _device: torch.device) -> torch.memory_format:
        """As it was built: views inside it may need its tensors in the usual order."""
        return torch.contiguous_format


def custom_network(trainer: TrainerSpec, device: torch.device, side: int) -> CustomNetwork:
    """Imports the class, and finds with two small photos what its networks take and return.

    Args:
        side: Of the photos that it will be trained on, in pixels.

    Raises:
        TrainerError: It cannot be used; says why, with the shapes that were tried.
    """
    address, arguments = trainer.model, dict(trainer.model_args)
    found = import_class(address, KEY)
    if not issubclass(found, nn.Module):
        raise TrainerError(f"{KEY}: '{address}' is no torch.nn.Module")
    misfit = fitting(found, arguments)
    if misfit is not None:
        name, problem = misfit
        where = f"trainer.model_args.{name}" if name else "trainer.model_args"
        raise TrainerError(f"{where}: '{address}' {problem}")

    def make() -> nn.Module:
        with blamed(f"{KEY}: '{address}' cannot be built"):
            model: nn.Module = found(**arguments)
        return model

    with seeded(0):
        model = make()
    with seeded(0):
        _check_weights(model, make(), address)
    ramp = torch.linspace(0.05, 0.95, side, device=device)
    gray = torch.stack((ramp.expand(side, side), ramp.expand(side, side).T)).unsqueeze(1)
    with seeded(0, device):
        form = find_form(model.to(device), trainer, gray.contiguous())
    fact = f"{address} {source_digest(found)} ({form.input} -> {form.output})"
    return CustomNetwork(address, make, form, fact, _notice(trainer, form))


def _check_weights(model: nn.Module, again: nn.Module, address: str) -> None:
    """Refuses networks that cannot be copied, have no parameters, or ignore the seed."""
    with blamed(f"{KEY}: '{address}' cannot be copied, which averaging its weights needs"):
        deepcopy(model)
    if any(isinstance(value, nn.UninitializedParameter) for value in model.parameters()):
        raise TrainerError(f"{KEY}: '{address}' has lazy layers; give them their input channels")
    if not any(value.requires_grad for value in model.parameters()):
        raise TrainerError(f"{KEY}: '{address}' has no parameters that learn")
    other = again.state_dict()
    for name, value in model.state_dict().items():
        if not torch.equal(value, other[name]):
            raise TrainerError(
                f"{KEY}: two networks of '{address}' with one seed differ in '{name}'; draw their "
                "weights from torch's own generator, so that trials can be compared"
            )


def _notice(trainer: TrainerSpec, form: ModelInterface) -> str:
    """The forms that were guessed because the study does not name them."""
    if trainer.output != "auto" or form.output == "rgb":
        return ""
    read = {
        "ab": "ab in Lab units",
        "ab_scaled": "ab in -1..1, times 110",
        "rgb_scaled": "RGB in -1..1",
    }[form.output]
    return (
        f"What '{trainer.model}' returns is read as {read}, as its untrained values suggest; "
        "trainer.output says otherwise where that is wrong."
    )
