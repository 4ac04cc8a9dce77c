"""Paths of a study's files: a database, and a folder for each study."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tuner.errors import StorageError
from tuner.files.atomic import unused_name

DIRECTORY = "TUNER_DIRECTORY"
STORAGE = "TUNER_STORAGE"
"""Variables that name the working folder, and the storage that machines share, to commands."""

CHECKPOINTS = "checkpoints"
"""Folder, in that of a study, of trainings that are not finished."""

MIRROR = "mirror.json"
"""A study's folder with this file is a copy of a study that many machines share."""


def found_by(directory: Path = Path(), storage: str | None = None) -> list[str]:
    """The options that lead a further command, typed here, to the same studies.

    Args:
        storage: Address of a database that machines share; None for a study of this machine.
    """
    # Where a variable says it already, an address with a password need not be printed.
    named = storage is not None and os.environ.get(STORAGE) != storage
    said = ["--storage", storage] if storage is not None and named else []
    return [*said, *Workspace(directory).options]


def named_in(options: Sequence[str]) -> Workspace:
    """The working folder that a command with these options works in."""
    if "--directory" in options:
        return Workspace(Path(options[options.index("--directory") + 1]))
    return Workspace(Path(os.environ.get(DIRECTORY) or "."))


@dataclass(frozen=True)
class Workspace:
    """The folder that the tuner works in.

    Attributes:
        root: The working directory by default.
    """

    root: Path

    @property
    def database(self) -> Path:
        """Optuna's SQLite file."""
        return self.root / "tuner.db"

    @property
    def runs(self) -> Path:
        """Holds a folder for each study."""
        return self.root / "tuner-runs"

    @property
    def photo_cache(self) -> Path:
        """Decoded photos, shared by all studies."""
        return self.runs / ".photos"

    def folder(self, study: str) -> Path:
        """Journal and pictures of one study."""
        return self.runs / study

    def working_folder(self, uid: str) -> Path:
        """Where workers of this machine keep the files of a shared study that they train."""
        return self.runs / ".workers" / uid

    @property
    def options(self) -> list[str]:
        """What names it on a command line; nothing where commands look there anyway."""
        usual = Path(os.environ.get(DIRECTORY) or ".")
        here = self.root.absolute() == usual.absolute()
        return [] if here else ["--directory", str(self.root)]

    def command(self, name: str, study: str, *words: str) -> str:
        """A command on a study, as it can be typed in the present working directory."""
        return shlex.join(["tuner", name, "--study", study, *words, *self.options])

    def make_folder(self, study: str) -> Path:
        """Makes sure that the folder of a study exists and can be written.

        Raises:
            StorageError: It cannot be made or written.
        """
        folder = self.folder(study)
        probe = folder / ".writable"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe.touch()
            probe.unlink(missing_ok=True)  # another process may have removed it already
        except OSError as error:
            raise StorageError(
                f"{folder}: the study's files cannot be written here: {error.strerror} "
                "(choose another place with --directory)"
            ) from error
        return folder

    def set_aside(self, study: str) -> Path | None:
        """Renames the folder of a study, so that nothing is lost; None where there is none."""
        folder = self.folder(study)
        if not folder.exists():
            return None
        return folder.rename(unused_name(folder))
