import numpy as np
import pytest
from PIL import Image

from tuner.color.picture_faults import find_fault, find_writing_fault

SIDE = 32
GRAY = np.array([0.2126, 0.7152, 0.0722])


def smooth(seed, width=SIDE, height=SIDE):
    """A picture of random colors that change slowly."""
    rough = np.random.default_rng(seed).integers(0, 256, (7, 7, 3), np.uint8)
    return np.asarray(Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC))


PHOTOS = [smooth(seed) for seed in range(6)]


def bytes_of(values):
    return np.asarray(values).clip(0, 255).astype(np.uint8)


def gray(photo):
    """Without color, at the same luminance."""
    linear = (photo / 255) ** 2.2 @ GRAY
    return np.repeat(linear[..., None] ** (1 / 2.2) * 255, 3, axis=2)


def pale(photo):
    return bytes_of(gray(photo) + 0.5 * (photo - gray(photo)))


def fault_of(change, photos=PHOTOS, originals=None):
    return find_fault([(np.asarray(change(photo)), photo) for photo in photos], originals)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda photo: photo[:, ::-1], "mirrored, left and right are exchanged"),
        (lambda photo: photo[::-1], "stand upside down"),
        (lambda photo: photo[::-1, ::-1], "turned by 180 degrees"),
        (np.rot90, "turned by 90 degrees"),
        (lambda photo: 255 - photo, "are negatives"),
        (lambda photo: np.roll(photo, 6, 1), "moved by 6 px to the right"),
        (lambda photo: np.roll(pale(photo), (-2, -3), (0, 1)), "by 3 px to the left and 2 px up"),
        (lambda photo: photo[..., ::-1], "red and blue of the predictions are exchanged"),
        (lambda photo: pale(photo)[..., ::-1], "red and blue of the predictions are exchanged"),
        (lambda photo: 0 * photo, "are black from edge to edge"),
        (lambda photo: 0 * photo + np.uint8(255), "are white from edge to edge"),
        (lambda photo: 0 * photo + np.uint8([90, 80, 70]), "are of a single color"),
        (lambda photo: bytes_of(gray(photo)), "are gray: not one pixel has a color"),
    ],
)
def test_each_fault_is_named(change, said):
    assert said in fault_of(change)


@pytest.mark.parametrize(
    "change",
    [
        lambda photo: photo,
        pale,
        lambda photo: bytes_of(gray(photo) + np.array([20, 5, -25])),
        lambda photo: bytes_of(gray(photo) * [1.1, 0.95, 0.7]),
        lambda photo: bytes_of(gray(photo) * [0.8, 0.9, 1.2]),
        lambda photo: bytes_of(2 * gray(photo) - photo),
        lambda photo: bytes_of(0.5 * photo),
        lambda photo: bytes_of(photo + np.random.default_rng(0).normal(0, 30, photo.shape)),
        lambda _photo: np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8),
        lambda photo: smooth(int(photo.sum())),
    ],
)
def test_predictions_that_are_only_bad_have_no_fault(change):
    assert fault_of(change) == ""


def test_squeezed_predictions_are_told_by_the_shape_of_the_files():
    whole = [smooth(seed, 96, 64) for seed in range(6)]
    photos = [photo[16:48, 32:64] for photo in whole]  # not their middle at full height
    middles = [np.asarray(Image.fromarray(one).resize((48, 32)).crop((8, 0, 40, 32)))
               for one in whole]  # fmt: skip
    squeezed = [np.asarray(Image.fromarray(one).resize((SIDE, SIDE))) for one in whole]
    found = find_fault([*zip(squeezed, middles, strict=True)], [(96, 64)] * 6)
    assert found.startswith("the predictions do not lie over the photos: they were resized instead")
    assert find_fault([*zip(squeezed, photos, strict=True)], [(96, 64)] * 6) == ""
    assert find_fault([*zip(squeezed, middles, strict=True)]) == ""


def test_a_writing_fault_is_looked_for_alone_where_gray_is_a_symptom():
    pairs = [(bytes_of(gray(photo)), photo) for photo in PHOTOS]
    assert find_writing_fault(pairs) == ""
    assert find_fault(pairs) != ""
