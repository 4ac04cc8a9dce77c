"""Pictures of a run, as MLflow keeps them."""

from __future__ import annotations

import logging
from io import BytesIO
from pathlib import Path

from PIL import Image


def opened_picture(path: Path) -> Image.Image | None:
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
