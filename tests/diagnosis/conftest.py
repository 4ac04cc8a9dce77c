"""Two folders of small pictures: photos, and predictions that are half as colorful."""

import numpy as np
import pytest
from PIL import Image

COUNT = 6


def photo(number, size=(60, 40)):
    random = np.random.default_rng(number)
    rough = Image.fromarray(random.integers(0, 256, (4, 6, 3), np.uint8))
    return rough.resize(size, Image.Resampling.BICUBIC)


def paler(image, left=0.5):
    return Image.blend(image.convert("L").convert("RGB"), image, left)


@pytest.fixture
def folders(tmp_path):
    """Predictions as PNG, photos as JPEG."""
    predictions, targets = tmp_path / "predictions", tmp_path / "targets"
    for folder in (predictions, targets):
        folder.mkdir()
    for number in range(COUNT):
        paler(photo(number)).save(predictions / f"{number}.png")
        photo(number).save(targets / f"{number}.jpg", quality=95)
    return predictions, targets
