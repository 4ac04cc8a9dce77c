"""Freezes parts of a network, so that a training goes on with the others alone.

Gradients end where the frozen part begins, which spares much of the time of a step, and what the
network knew before stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from tuner.errors import TrainerError
from tuner.wording import nearest, some

KEY = "trainer.train_only"


def freeze_except(model: nn.Module, parts: Sequence[str]) -> None:
    """Leaves the gradient to the parameters of these parts; without parts, to all that have one.

    Args:
        parts: Names of modules or parameters, as in `model.named_parameters()`: `head` stands for
            `head.weight` and `head.bias`.

    Example:
        >>> model = nn.ModuleDict({"body": nn.Linear(2, 2), "head": nn.Linear(2, 1)})
        >>> freeze_except(model, ["head"])
        >>> [name for name, value in model.named_parameters() if value.requires_grad]
        ['head.weight', 'head.bias']
    """
    if parts:
        for name, parameter in model.named_parameters():
            learns = any(_is_of(name, part) for part in parts)
            parameter.requires_grad_(parameter.requires_grad and learns)
        for name, module in model.named_modules():
            own = [*module.parameters(recurse=False), *module.buffers(recurse=False)]
            if own and not any(_is_of(name, part) or _is_of(part, name) for part in parts):
                module.training = False  # or statistics of batch norm would move


def check_parts(model: nn.Module, parts: Sequence[str]) -> None:
    """Refuses a part that the network does not have, or in which nothing learns.

    Raises:
        TrainerError: Names the part, and the nearest one that there is.
    """
    learning = {name: value.requires_grad for name, value in model.named_parameters()}
    for part in parts:
        found = [name for name in learning if _is_of(name, part)]
        if not found:
            near = nearest(part, [name for name, _ in model.named_modules() if name])
            top = some([f"'{name}'" for name, _ in model.named_children()], 6)
            hint = f"did you mean '{near}'?" if near else f"at the top it has {top}"
            raise TrainerError(f"{KEY}: the network has no part '{part}' ({hint})")
        if not any(learning[name] for name in found):
            raise TrainerError(f"{KEY}: nothing in '{part}' learns, as the network freezes it")


def _is_of(parameter: str, part: str) -> bool:
    return parameter == part or parameter.startswith(f"{part}.")
