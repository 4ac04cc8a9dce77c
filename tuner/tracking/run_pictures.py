"""Pictures of a run, as MLflow keeps them.

They lie under `images/` for the slider of each name, each with a small copy, and the latest of a
name as its figure.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from PIL.PngImagePlugin import PngImageFile

from tuner.tracking.pages import figure_path

if TYPE_CHECKING:
    from os import PathLike

    from mlflow.tracking import MlflowClient


@dataclass(frozen=True, slots=True)
class TakenPicture:
    """A picture of a run, at a step and a time in milliseconds since the epoch."""

    path: Path
    name: str
    step: int
    at: int

    @property
    def place(self) -> str:
        """How MLflow's names of its files begin."""
        return f"images/{self.name.replace('/', '~')}+step+{self.step}"


def places_of(client: MlflowClient, run_id: str) -> set[str]:
    """Where a run has pictures; one without its small copy, which is sent last, is not whole."""
    listed = client.list_artifacts(run_id, "images")
    whole = (file.path for file in listed if file.path.endswith(".webp"))
    return {path.partition("+timestamp+")[0] for path in whole}


def send_pictures(
    client: MlflowClient, run_id: str, taken: Sequence[TakenPicture], there: set[str]
) -> None:
    """Sends the pictures that are missing, and the last of each name as its figure.

    Args:
        there: Where the run has pictures; those that are sent are added.
    """
    latest: dict[str, PictureFile] = {}
    for one in taken:
        picture = _opened(one.path)
        if picture is None:
            continue
        latest[one.name] = picture
        if one.place not in there:
            client.log_image(run_id, picture, key=one.name, step=one.step, timestamp=one.at)
            there.add(one.place)
    for name, picture in latest.items():
        client.log_image(run_id, picture, artifact_file=figure_path(name))


class PictureFile(PngImageFile):
    """A picture that is saved under a name as the bytes of its file.

    MLflow saves what it is given, under names of its own. Encoding the same pixels again, twice a
    picture, took half of the forwarder's time.

    Args:
        written: The PNG file.

    Raises:
        OSError: It is cut off.
        SyntaxError: It is no PNG file.
    """

    def __init__(self, written: bytes) -> None:
        super().__init__(BytesIO(written))
        self.load()
        self._written = written

    def save(
        self,
        fp: str | bytes | PathLike[str] | PathLike[bytes] | IO[bytes],
        *how: Any,
        **parameters: Any,
    ) -> None:
        """Writes the file, where MLflow names one; else as Pillow does."""
        if isinstance(fp, str) and not (how or parameters):
            Path(fp).write_bytes(self._written)
        else:
            super().save(fp, *how, **parameters)


def _opened(path: Path) -> PictureFile | None:
    """The picture; None where it is gone or broken, which must not block the rest."""
    try:
        return PictureFile(path.read_bytes())
    except (OSError, SyntaxError) as error:  # the latter is Pillow's word for no PNG file
        logging.getLogger("mlflow.tuner").warning("%s: left out (%s)", path, error)
        return None
