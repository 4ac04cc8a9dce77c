"""A network to start from: a file of weights, for every trial the same; yours, or the package's."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from tuner.errors import TrainerError
from tuner.training.whole_files import DamagedFile, read_safetensors, refuse_changed
from tuner.wording import listed, some

WRAPPINGS = ("state_dict", "model", "params_ema", "params")
"""Under which trainers keep the weights in a file with other things."""

UNREADABLE = (
    DamagedFile,
    SafetensorError,
    pickle.UnpicklingError,
    RuntimeError,
    LookupError,  # torch, of a file that ends too early
    ValueError,
    EOFError,
    OSError,
)

SAMPLE_NETWORK = Path(__file__).with_name("sample_network.safetensors")
"""What `start_from: sample` reads; `benchmarks/sample_network.py` made it, and says how."""

_PREFIX = "module."  # of networks that were trained on several devices
_KEY = "trainer.start_from"


def read_start(path: Path, model: nn.Module) -> dict[str, Tensor]:
    """The weights of a file, checked against the network that is to start from them.

    Args:
        path: .safetensors, or a state dict that torch saved.
        model: Has the names and shapes.

    Raises:
        TrainerError: There is no such file, it cannot be read, or it is of another network.
    """
    state = _read(path)
    wanted = model.state_dict()
    lacking = [name for name in wanted if name not in state]
    if lacking:
        raise TrainerError(
            f"{_KEY}: '{path}' is of another network: it lacks {_some(lacking)} "
            f"(it has {_some(state) or 'no weights'})"
        )
    for name, value in wanted.items():
        if state[name].shape != value.shape:
            raise TrainerError(
                f"{_KEY}: '{path}' is of another network: {name} is of shape "
                f"{tuple(state[name].shape)}, and the study's of {tuple(value.shape)} "
                "(see trainer.model_args)"
            )
        if not state[name].isfinite().all():
            raise TrainerError(
                f"{_KEY}: '{path}': {name} holds NaN or infinity, as the weights of a training "
                "that diverged do"
            )
    return {name: state[name].float() for name in wanted}


def digest_of(path: Path) -> str:
    """First 12 hex digits of the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def _read(path: Path) -> Mapping[str, Tensor]:
    if not path.is_file():
        raise TrainerError(f"{_KEY}: there is no file '{path}'")
    try:
        if path.suffix == ".safetensors":
            state, metadata = read_safetensors(path)
            refuse_changed(state, metadata)
            return state
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        reason = (str(error).splitlines() or ["it ends too early"])[0]
        raise TrainerError(f"{_KEY}: '{path}' cannot be read as weights ({reason:.100})") from error
    return _unwrapped(stored, path)


def _unwrapped(stored: object, path: Path) -> Mapping[str, Tensor]:
    if isinstance(stored, Mapping):
        for name in WRAPPINGS:
            if isinstance(stored.get(name), Mapping):
                return _unwrapped(stored[name], path)
        if all(isinstance(value, Tensor) for value in stored.values()):
            return {str(name).removeprefix(_PREFIX): value for name, value in stored.items()}
    raise TrainerError(
        f"{_KEY}: '{path}' holds no weights by name (looked for them at the top, and under "
        f"{listed(WRAPPINGS)})"
    )


def _some(names: Iterable[str]) -> str:
    return some([f"'{name}'" for name in names], 3)
