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
from typing import TYPE_CHECKING

from PIL import Image

from tuner.tracking.pages import figure_path

if TYPE_CHECKING:
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
    latest: dict[str, Image.Image] = {}
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


def _opened(path: Path) -> Image.Image | None:
    """The picture; None where it is gone or broken, which must not block the rest.

    MLflow saves what it is given, under names of its own. Encoding the same pixels again, twice a
    picture, took half of the forwarder's time; so it gets the bytes of the file.
    """
    try:
        written = path.read_bytes()
        with Image.open(BytesIO(written)) as opened:
            picture = opened.convert("RGB")
    except OSError as error:
        logging.getLogger("mlflow.tuner").warning("%s: left out (%s)", path, error)
        return None

    def save_as_it_is(where: str) -> None:
        Path(where).write_bytes(written)

    picture.save = save_as_it_is  # type: ignore[method-assign, assignment]
    return picture
