"""Paths of a study's files: a database, and a folder for each study."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tuner.errors import StorageError
from tuner.files.atomic import unused_name

CHECKPOINTS = "checkpoints"
"""Folder, in that of a study, of trainings that are not finished."""


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
