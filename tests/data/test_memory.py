"""The memory of the largest picture that is decoded at all: below 1 GB whatever its kind."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tuner.data.decoding import MOST_PIXELS, decode
from tuner.data.survey import survey

SIDE = 2400
MOST_BYTES = 1e9 / MOST_PIXELS
"""For each pixel; Pillow itself needs four."""

MEASURE = """
import resource, sys
from PIL import Image
from tuner.data.survey import _judge
_judge("small", sys.argv[1], 40)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[2:]:
    print(type(_judge("large", path, 40)).__name__)
print(1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""


@pytest.fixture
def large(tmp_path):
    """Large pictures of all modes that are converted in a way of their own."""
    two = Image.new("RGB", (SIDE, SIDE), (200, 90, 20))
    two.paste((20, 90, 200), (0, 0, SIDE // 2, SIDE))
    gray = np.full((SIDE, SIDE), 0.5, np.float32)
    gray[::7] = np.nan
    glass = two.copy()
    glass.putalpha(128)
    glass.save(tmp_path / "glass.png", compress_level=1)
    two.save(tmp_path / "two.png", compress_level=1)
    two.convert("CMYK").save(tmp_path / "ink.jpg")
    Image.fromarray(gray).save(tmp_path / "nan.tif")
    Image.fromarray((gray > 0).astype(np.uint16) * 900).save(tmp_path / "deep.png")
    return sorted(tmp_path.iterdir())


def test_no_kind_of_picture_takes_more_than_a_gigabyte(large, tmp_path):
    small = tmp_path / "small.png"
    Image.effect_noise((64, 64), 60).save(small)
    told = subprocess.run(
        [sys.executable, "-c", MEASURE, str(small), *map(str, large)],
        check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    assert told[:-1] == ["LeftOut", "Photo", "Photo", "LeftOut", "Photo"]
    assert int(told[-1]) / SIDE**2 < MOST_BYTES


def test_colors_beyond_a_strip_count_in_what_tells_pictures_apart(tmp_path):
    """Pictures are read in strips; the last rows of the last strip count, too."""
    for seed in range(4):
        rough = np.random.default_rng(seed).integers(0, 256, (6, 9, 3), np.uint8)
        Image.fromarray(rough).resize((60, 600)).save(tmp_path / f"{seed}.png")
    changed = Image.open(tmp_path / "0.png")
    changed.putpixel((59, 599), (0, 255, 0))
    changed.save(tmp_path / "changed.png")
    assert len(survey(str(tmp_path)).photos) == 5


def test_floats_that_are_no_numbers_are_black_and_the_lightest_is_white(tmp_path):
    gray = np.linspace(0, 2, 600, dtype=np.float32)[:, None] * np.ones((1, 4), np.float32)
    gray[0] = np.nan
    Image.fromarray(gray).save(tmp_path / "float.tif")
    read = np.asarray(decode(tmp_path / "float.tif"))
    assert read[0].max() == 0
    assert read[-1].min() == 255
    assert read[300, 0, 0] == pytest.approx(128, abs=1)
