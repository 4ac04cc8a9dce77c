"""Trainings that are not finished, on disk, so that a killed one goes on in the middle.

A checkpoint holds everything that the next step depends on. What a step trains on is a function
of seed and step alone, so a training that goes on ends with the numbers of one that was never
interrupted: to the last bit in the loop, by other engines within rounding.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from tuner.errors import StorageError
from tuner.results import Trial
from tuner.results.events import FileMended, Listener
from tuner.training.remote_store import RemoteStore
from tuner.training.whole_files import DamagedFile, read_whole, save_whole

SECONDS = 60.0
"""Seconds of training that a kill loses at most."""

TRIAL = "trial"
"""Under this name the metadata of a file say which training it is of."""

_PROGRESS, _DONE = "progress", "done"


@dataclass(frozen=True)
class Checkpoint:
    """A training as it was at one step.

    Attributes:
        state: Network, averages and optimizer, by name.
        progress: Everything else, as JSON has it.
        done: Steps by then.
    """

    state: Mapping[str, Tensor]
    progress: Mapping[str, Any]
    done: int


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of a study, one file a trial, and one for each network to start from.

    Attributes:
        folder: Holds the files; made when the first is written.
        seconds: Of training, between two checkpoints of a trial.
        share: Where other machines see them, too.
        listen: Is told about files that are damaged.
    """

    folder: Path
    seconds: float = SECONDS
    share: RemoteStore | None = None
    listen: Listener = lambda _event: None

    def keep(self, trial: Trial, checkpoint: Checkpoint) -> None:
        """Writes a checkpoint in place of an earlier one.

        Raises:
            StorageError: The folder cannot be written.
        """
        progress, done = json.dumps(checkpoint.progress), str(checkpoint.done)
        metadata = {TRIAL: identity_of(trial), _PROGRESS: progress, _DONE: done}
        save_whole(self._file(trial), checkpoint.state, "a checkpoint", metadata)
        if self.share is not None:
            self.share.publish(self._file(trial))

    def find(self, trial: Trial) -> Checkpoint | None:
        """The latest checkpoint of a trial, from any machine; None where none fits."""
        file = self._file(trial)
        found = [_read(trial, file, self.listen)]
        if self.share is not None and (arrived := self.share.fetch(file)) is not None:
            found.append(_read(trial, arrived, lambda _event: None))
            arrived.unlink()
        return max(filter(None, found), key=lambda one: one.done, default=None)

    def forget(self, trial: Trial) -> None:
        """Removes the checkpoint of a trial that ended."""
        self._file(trial).unlink(missing_ok=True)
        if self.share is not None:
            self.share.remove(self._file(trial))

    def is_due(self, since: float) -> bool:
        """Whether another checkpoint is due after one at `since`, a reading of `time.monotonic`."""
        return time.monotonic() - since >= self.seconds

    def _file(self, trial: Trial) -> Path:
        name = f"start-{trial.seed}" if trial.number < 0 else f"trial-{trial.number:03d}"
        return self.folder / f"{name}.safetensors"


class Resumable(Protocol):
    """A training under way."""

    def keep(self) -> None:
        """Keeps a checkpoint, if there is something to go on from."""


@contextmanager
def keep_on_interrupt(trainings: Callable[[], Iterable[Resumable]]) -> Iterator[None]:
    """Keeps a checkpoint of every unfinished training when an exception ends the block."""
    try:
        yield
    except BaseException:
        with suppress(StorageError):  # the exception that ended them is raised, not this one
            for training in trainings():
                training.keep()
        raise


def _read(trial: Trial, path: Path, listen: Listener) -> Checkpoint | None:
    try:
        state, metadata = read_whole(path)
    except FileNotFoundError:
        return None
    except DamagedFile:
        path.unlink(missing_ok=True)
        listen(FileMended.of(path, "the training begins again at its first step"))
        return None
    if metadata[TRIAL] != identity_of(trial):
        return None
    return Checkpoint(state, json.loads(metadata[_PROGRESS]), int(metadata[_DONE]))


def identity_of(trial: Trial) -> str:
    """What makes two trials of a study the same training."""
    weights = dict(sorted(trial.weights.items()))
    return json.dumps([weights, trial.seed, trial.steps, trial.rival])
