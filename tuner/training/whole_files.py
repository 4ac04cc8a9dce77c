"""Networks on disk: a file is there whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from tuner.atomic import draft_of, remove_old_drafts
from tuner.errors import StorageError

MODEL_ARGS = "model_args"
"""Under this name the metadata of a file hold the arguments of its network, as a JSON object."""


def require_folder(folder: Path, what: str) -> None:
    """Makes a folder, before anything is trained for it.

    Raises:
        StorageError: It cannot be made.
    """
    with _on_disk(folder, what):
        folder.mkdir(parents=True, exist_ok=True)


def save_whole(
    path: Path, state: Mapping[str, Tensor], what: str, metadata: Mapping[str, str] | None = None
) -> None:
    """Writes a safetensors file that gets its name only once it is whole.

    Args:
        what: Name of the thing in the error sentence.

    Raises:
        StorageError: The folder cannot be written.
    """
    with _on_disk(path.parent, what):
        with draft_of(path) as draft:
            save_file(dict(state), draft, dict(metadata or {}))
        remove_old_drafts(path)


@contextmanager
def _on_disk(folder: Path, what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError) as problem:
        raise StorageError(
            f"{what} cannot be kept in '{folder}' ({problem}); make room, or run the study "
            "in another folder"
        ) from problem
