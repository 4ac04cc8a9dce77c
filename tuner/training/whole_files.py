"""Networks on disk: a file is there whole or not at all, and is what was written.

The metadata of each file hold a digest of its tensors and of the other metadata. A file that was
changed after it was written is refused when it is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from tuner.errors import StorageError
from tuner.files.atomic import draft_of

MODEL_ARGS = "model_args"
"""Under this name the metadata of a file hold the arguments of its network, as a JSON object."""

DIGEST = "sha256"
"""Under this name the metadata of a file hold the digest of everything else in it."""

Metadata = Mapping[str, str]


class DamagedFile(Exception):
    """A file that is there and is not what was written."""


def require_folder(folder: Path, what: str) -> None:
    """Makes a folder, before anything is trained for it.

    Raises:
        StorageError: It cannot be made.
    """
    with _on_disk(folder, what):
        folder.mkdir(parents=True, exist_ok=True)


def save_whole(
    path: Path, state: Mapping[str, Tensor], what: str, metadata: Metadata | None = None
) -> None:
    """Writes a safetensors file with its digest, which gets its name only once it is whole.

    Args:
        what: Name of the thing in the error sentence.

    Raises:
        StorageError: The folder cannot be written.
    """
    metadata = dict(metadata or {})
    with _on_disk(path.parent, what), draft_of(path) as draft:
        save_file(dict(state), draft, {**metadata, DIGEST: content_digest(state, metadata)})


def read_whole(path: Path, device: str = "cpu") -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors by name and metadata of a file that `save_whole` has written.

    Raises:
        FileNotFoundError: There is no such file.
        DamagedFile: It cannot be read, or its digest does not fit.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        state, metadata = read_safetensors(path)
    except (OSError, SafetensorError) as problem:
        raise DamagedFile(str(problem)) from problem
    if DIGEST not in metadata:
        raise DamagedFile("it has no digest")
    refuse_changed(state, metadata)
    return {name: value.to(device) for name, value in state.items()}, metadata


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors by name and metadata of any safetensors file.

    Raises:
        OSError: There is no such file, or it cannot be opened.
        SafetensorError: It is no safetensors file.
    """
    with safe_open(path, "pt") as file:
        # Copied, as the tensors of the library change with the file, and end the process with it.
        state = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 - no dict
        return state, dict(file.metadata() or {})


def refuse_changed(state: Mapping[str, Tensor], metadata: Metadata) -> None:
    """Checks tensors and metadata by their digest, where there is one.

    Raises:
        DamagedFile: They are not what was written.
    """
    if DIGEST in metadata and metadata[DIGEST] != content_digest(state, metadata):
        raise DamagedFile("its digest does not fit")


def content_digest(state: Mapping[str, Tensor], metadata: Metadata) -> str:
    """SHA-256 of tensors and metadata, in hex; a digest among the metadata is left out."""
    without_digest = {name: text for name, text in metadata.items() if name != DIGEST}
    digest = hashlib.sha256(json.dumps(without_digest, sort_keys=True).encode())
    for name, value in sorted(state.items()):
        digest.update(json.dumps([name, str(value.dtype), list(value.shape)]).encode())
        plain = value.detach().cpu().contiguous().reshape(-1)
        digest.update(plain.view(torch.uint8).numpy().data)
    return digest.hexdigest()


@contextmanager
def _on_disk(folder: Path, what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError) as problem:
        raise StorageError(
            f"{what} cannot be kept in '{folder}' ({problem}); make room, or run the study "
            "in another folder"
        ) from problem
