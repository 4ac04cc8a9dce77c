import subprocess
import sys

import pytest
from PIL import Image

from tuner.data import samples
from tuner.data.samples import sample_pictures
from tuner.errors import PhotosError


def test_there_are_at_least_eight_sample_photos_and_they_are_in_color():
    pictures = sample_pictures()
    assert len(pictures) >= 8
    for path in pictures.values():
        with Image.open(path) as image:
            assert image.mode == "RGB"


def test_they_are_named_by_what_they_show():
    assert {"coffee", "astronaut", "flower", "motorcycle_left"} <= set(sample_pictures())


def test_the_same_scene_is_not_offered_twice():
    assert "motorcycle_right" not in sample_pictures()


def test_finding_them_imports_neither_package():
    code = (
        "import sys; from tuner.data.samples import sample_pictures; sample_pictures(); "
        "print(sorted({'skimage', 'sklearn', 'pooch', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_missing_package_is_named_with_the_cure(monkeypatch):
    monkeypatch.setattr(samples, "find_spec", lambda name: None)
    with pytest.raises(PhotosError, match=r"part of scikit-image, which is not installed \(pip"):
        sample_pictures()


def test_a_package_without_its_pictures_is_named(monkeypatch):
    monkeypatch.setattr(samples, "_HOMES", (("numpy", "numpy", "data", ("cat.png",)),))
    with pytest.raises(PhotosError, match=r"the installed numpy has no sample photo 'cat\.png'"):
        sample_pictures()
