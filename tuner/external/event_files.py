"""Scalars of TensorBoard's event files, followed while they grow; the one door to `tensorboard`.

A name is a tag; in a subfolder its path stands before it, `train/loss`, as TensorBoard names runs.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from tuner.errors import TrainerError
from tuner.external.curves import EPOCH, STEPS, Record

EVENTS = "tfevents"
"""In the name of every event file."""


class EventFiles:
    """The event files of one trial, in all folders that a pattern finds and below.

    A writer begins a new file, so files that are there at the beginning belong to an earlier run
    and are skipped.

    Args:
        folders: A pattern of folders, absolute or below `cwd`.
        cwd: Where the pattern begins.
        counted: Unit of the steps in the files, `step` or `epoch`.
    """

    def __init__(self, folders: str, cwd: Path, counted: str = "step") -> None:
        self._folders, self._cwd, self._counted = folders, cwd, counted
        self._earlier = frozenset(self._names())
        self._files: dict[Path, EventFile] = {}

    @property
    def any(self) -> bool:
        """Whether there was any event file of this trial."""
        return bool(self._files)

    def new(self, *, ended: bool = False) -> Iterator[Record]:  # noqa: ARG002 - as other sources
        """What was written since the last call, as far as it is whole."""
        for path, name in self._names().items():
            if path in self._earlier:
                continue
            with suppress(OSError):  # gone again, or not ours to read
                file = self._files.setdefault(path, EventFile(path))
                for step, scalars in groupby(file.scalars(), key=itemgetter(0)):
                    numbers = {f"{name}{tag}": value for _, tag, value in scalars}
                    yield {**numbers, self._counted: step}

    def _names(self) -> dict[Path, str]:
        """All event files, each with the prefix of its tags."""
        found: dict[Path, str] = {}
        matches = glob.glob(self._folders, root_dir=self._cwd, recursive=True)  # noqa: PTH207 - absolute too
        for folder in sorted(self._cwd / match for match in matches):
            if EVENTS in folder.name and folder.is_file():
                found[folder] = ""
            for place, _, files in os.walk(folder):
                below = Path(place).relative_to(folder).as_posix()
                name = "" if below == "." else f"{below}/"
                found |= {Path(place, each): name for each in sorted(files) if EVENTS in each}
        return found


class EventFile:
    """One event file, read as far as its records are whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loader: Any = None
        self._plugins: dict[str, str] = {}

    def scalars(self) -> Iterator[tuple[int, str, float]]:
        """Step, tag and value of what was written since the last call.

        Raises:
            OSError: The file cannot be read.
        """
        from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
        from tensorboard.compat import tf
        from tensorboard.util.tensor_util import make_ndarray

        try:
            self._loader = self._loader or EventFileLoader(str(self._path))
            for event in self._loader.Load():
                for value in self._scalars_of(event.summary.value):
                    yield event.step, value.tag, make_ndarray(value.tensor).item()
        except tf.errors.OpError as error:
            raise OSError(str(error)) from error

    def _scalars_of(self, values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            # Only the first value of a tag has to say its kind.
            plugin = self._plugins.setdefault(value.tag, value.metadata.plugin_data.plugin_name)
            # Tags such as 'epoch', which Lightning writes, count; the step is the file's own.
            if plugin == "scalars" and value.tag not in {*STEPS, EPOCH}:
                yield value


def refuse_without_tensorboard() -> None:
    """Tries the import that event files need.

    Raises:
        TrainerError: The package `tensorboard` is not installed.
    """
    try:
        import tensorboard.backend.event_processing.event_file_loader  # noqa: F401 - only tried
    except ImportError as error:
        raise TrainerError(
            "trainer.metrics.tensorboard: event files are read with the package 'tensorboard', "
            f"which cannot be imported ({error}); pip install tensorboard, "
            "or let the script write JSON lines, CSV or call tuner.report"
        ) from error
