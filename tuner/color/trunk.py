"""Loads the weights of an LPIPS trunk: from a cache, the network, a package, a file or a seed.

LPIPS compares features of a network (its trunk) that was trained on ImageNet. The `lpips` package
has only the small calibrated heads; the weights of the trunk are torchvision's files. Where these
are not available, the trained network of a pip package is used (`efficientnet`); where that is
missing too, a random trunk with fixed weights. A random trunk judges worse, but equally on every
machine, and the user is told.
"""

from __future__ import annotations

import hashlib
import math
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from tuner.color.trunk_files import imagenet_file, packaged_file
from tuner.errors import TrainerError
from tuner.spec.base import PerceptualNet

TrunkName = Literal["imagenet", "packaged", "random", "file"]
Shapes = Mapping[str, torch.Size]

RANDOM_SCALES: Mapping[PerceptualNet, float] = {"alex": 4.27, "vgg": 3.27, "squeeze": 3.41}
"""Factors on the distances of the random trunks: with them the mean distance between a gray
photo and the photo is 0.2 on the sample photos at 64 px, about where a trained trunk puts it."""

_TELLING: Mapping[PerceptualNet, tuple[str, tuple[int, ...]]] = {
    "alex": ("features.0.weight", (64, 3, 11, 11)),
    "vgg": ("features.2.weight", (64, 64, 3, 3)),
    "squeeze": ("features.3.squeeze.weight", (16, 64, 1, 1)),
}
_SEED = 20110113
_UNREADABLE = (
    SafetensorError,
    pickle.UnpicklingError,
    RuntimeError,
    EOFError,
    ValueError,
    OSError,
)


@dataclass(frozen=True)
class Trunk:
    """The trunk that is used; it is part of every record of a study.

    Attributes:
        name: 'imagenet' (torchvision's weights), 'packaged' (those of EfficientNet-Lite0), 'file'
            (the user's) or 'random'.
        digest: First 16 hex digits of the SHA-256 of the weights.
        scale: Constant factor on the distances; 1 for the weights that LPIPS is calibrated for.
        notice: A sentence to show the user once; empty where the trunk is the one asked for.
    """

    name: TrunkName
    digest: str
    scale: float
    notice: str = ""


def choose_trunks(
    asked: Sequence[tuple[PerceptualNet, str]], *, allow_download: bool = True
) -> tuple[tuple[str, ...], str]:
    """Chooses the trunks of all nets of a study together, so trained and random ones never mix.

    'auto' becomes 'imagenet' only where every 'auto' net can have LPIPS's own ImageNet weights;
    else 'packaged' for all of them, where the package is installed; else, or where another net
    was asked to be 'random', 'random'.

    Args:
        asked: For each net its name and the trunk asked for: 'auto', 'imagenet', 'packaged',
            'random', or a weight file.
        allow_download: Whether weights that are not cached may be fetched.

    Returns:
        The `trunk` of each `PerceptualDistance`, in the order of `asked`, and a sentence to show
        the user; it is empty where no trunk is random unless asked for.
    """
    named = tuple(trunk for _, trunk in asked)
    automatic = [net for net, trunk in asked if trunk == "auto"]
    if not automatic:
        return named, ""
    if "random" in named:
        chosen, why = "random", "the study asks for a random trunk elsewhere"
    else:
        chosen, why = _best_for(automatic, allow_download=allow_download)
    trunks = tuple(chosen if trunk == "auto" else trunk for trunk in named)
    return trunks, _notice_of_choice(trunks, why)


def _best_for(nets: Sequence[PerceptualNet], *, allow_download: bool) -> tuple[str, str]:
    """The best trunk that is available for all nets, and why it is not a trained one."""
    for net in nets:
        own = imagenet_file(net, allow_download=allow_download)
        if not own.path:
            break
    else:
        return "imagenet", ""
    packaged = packaged_file()
    return (
        ("packaged", "") if packaged.path else ("random", f"{own.why_not} and {packaged.why_not}")
    )


def load_trunk(
    net: PerceptualNet, trunk: str, shapes: Shapes, *, allow_download: bool = True
) -> tuple[dict[str, Tensor], Trunk]:
    """The weights of a trunk and the record of where they come from.

    Args:
        net: Which network they are for.
        trunk: 'imagenet', 'random', or the path of a torchvision state dict (.pth, or
            .safetensors).
        shapes: What the network needs, by torchvision's names (`features.0.weight`).
        allow_download: Whether 'imagenet' may fetch what is not cached.

    Raises:
        TrainerError: The file is missing, damaged or of another net, or 'imagenet' cannot be
            had.
    """
    if trunk == "random":
        weights = random_weights(shapes)
        return weights, Trunk("random", digest_of(weights), RANDOM_SCALES[net])
    if trunk == "imagenet":
        found = imagenet_file(net, allow_download=allow_download)
        if not found.path:
            raise TrainerError(
                f"trunk: no ImageNet weights for '{net}': {found.why_not} "
                "(name a weight file, or say 'packaged' or 'random')"
            )
        weights = _fitting(read_weights(found.path), net, found.path, shapes)
        return weights, Trunk("imagenet", digest_of(weights), 1.0)
    path = Path(trunk).expanduser()
    weights = _fitting(read_weights(path), net, path, shapes)
    return weights, Trunk("file", digest_of(weights), 1.0)


def random_weights(shapes: Shapes) -> dict[str, Tensor]:
    """He-initialized weights (uniform, fan in), the same bits on every machine.

    He et al., "Delving Deep into Rectifiers", 2015: variance 2 / fan in; biases are 0. The
    global random state is neither read nor moved.
    """
    generator = torch.Generator().manual_seed(_SEED)
    weights = {}
    for name in sorted(shapes):
        shape = shapes[name]
        if len(shape) == 1:
            weights[name] = torch.zeros(shape)
            continue
        bound = math.sqrt(6 / math.prod(shape[1:]))
        weights[name] = (2 * torch.rand(shape, generator=generator) - 1) * bound
    return weights


def read_weights(path: Path) -> dict[str, Tensor]:
    """A state dict from a .safetensors file, or from one that `torch.save` wrote.

    Raises:
        TrainerError: The file is missing, damaged, or holds something else.
    """
    if not path.is_file():
        raise TrainerError(
            f"trunk: no weight file at '{path}' (or say 'auto', 'packaged' or 'random')"
        )
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except _UNREADABLE as error:
        reason = str(error).partition("\n")[0][:120]
        raise TrainerError(f"trunk: cannot read weights from '{path}' ({reason})") from error
    if not isinstance(weights, Mapping):
        raise TrainerError(
            f"trunk: '{path}' holds a {type(weights).__name__}, not a state dict of tensors"
        )
    return dict(weights)


def digest_of(weights: Mapping[str, Tensor]) -> str:
    """First 16 hex digits of the SHA-256 over names, shapes and values."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        value = weights[name].detach().to("cpu", torch.float32).contiguous()
        digest.update(f"{name}{tuple(value.shape)}".encode())
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()[:16]


def _fitting(
    weights: Mapping[str, Tensor], net: PerceptualNet, path: Path, shapes: Shapes
) -> dict[str, Tensor]:
    for name, shape in shapes.items():
        value = weights.get(name)
        if not isinstance(value, Tensor) or value.shape != shape:
            came = "is missing" if value is None else f"is {_shape_text(value)}"
            raise TrainerError(
                f"trunk: '{path}' holds {_owner(weights)}, not the weights of '{net}': "
                f"'{name}' {came} (needed: {tuple(shape)})"
            )
    return {name: weights[name].float() for name in shapes}


def _owner(weights: Mapping[str, Tensor]) -> str:
    for net, (name, shape) in _TELLING.items():
        if name in weights and tuple(getattr(weights[name], "shape", ())) == shape:
            return f"the weights of '{net}'"
    return "the weights of some other network"


def _shape_text(value: object) -> str:
    return str(tuple(value.shape)) if isinstance(value, Tensor) else f"a {type(value).__name__}"


def _notice_of_random(why: str) -> str:
    return (
        f"LPIPS uses random weights ({why}), so scores are less reliable. "
        "Set trainer.perceptual_trunk and objective.lpips.trunk."
    )


def _notice_of_choice(trunks: tuple[str, ...], why: str) -> str:
    if "random" not in trunks:
        return ""
    mixed = " Another net of this study has real weights." if set(trunks) != {"random"} else ""
    return _notice_of_random(why) + mixed
