from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from small_photos import colorful

from tuner.data import duplicates
from tuner.data.duplicates import ALIKE, alike_pairs, has_alike, likeness, thumbnails


def seen(*pictures):
    side = (64, 64)
    squares = np.stack([np.asarray(one.convert("RGB").resize(side)) for one in pictures])
    return thumbnails(torch.from_numpy(squares).permute(0, 3, 1, 2))


@pytest.mark.parametrize(
    "changed",
    [
        lambda photo: photo.resize((photo.width // 2, photo.height // 2)),
        lambda photo: photo.point(lambda value: min(255, value * 1.1)),
        lambda photo: photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    ],
    ids=["half its size", "brighter", "mirrored"],
)
def test_the_same_photo_is_known_again(changed):
    photo = colorful(3, 200, 120)
    assert likeness(seen(photo), seen(changed(photo))).item() > ALIKE


def test_other_photos_are_not_alike():
    assert alike_pairs(seen(*(colorful(seed, 200, 120) for seed in range(12)))) == []


def test_pairs_are_told_by_index():
    photos = [colorful(seed, 200, 120) for seed in range(4)]
    assert alike_pairs(seen(*photos, photos[2].resize((100, 60)))) == [(2, 4)]


def test_pictures_of_one_color_are_like_nothing():
    plain = Image.new("RGB", (64, 64), (200, 90, 30))
    assert likeness(seen(plain, plain), seen(plain)).abs().max() == 0


def test_likeness_is_the_correlation_of_thumbnails():
    first, second = (
        torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(s)) for s in (1, 2)
    )
    found = likeness(thumbnails(first), thumbnails(second)).item()
    centered = [one - one.mean((2, 3), keepdim=True) for one in (first, second, second.flip(-1))]
    left, *both = (one.flatten().numpy() for one in centered)
    expected = max(np.corrcoef(left, right)[0, 1] for right in both)
    assert found == pytest.approx(expected, abs=1e-6)


@settings(max_examples=30)
@given(st.integers(0, 999), st.floats(0.0, 0.5), st.booleans())
def test_copies_are_found_as_by_comparing_all_pairs(seed, noise, mirrored):
    """Smooth and rough pictures, some of them copies that are changed about as far as allowed."""
    random = torch.Generator().manual_seed(seed)
    sides = (4, 16)
    some, others = (
        torch.cat([upsample(torch.rand(n, 3, s, s, generator=random)) for s in sides])
        for n in (4, 3)
    )
    others[::2] = some[:3] + noise * torch.rand(some[:3].shape, generator=random)
    seen_others = thumbnails(others.flip(-1) if mirrored else others)
    with patch.object(duplicates, "BLOCK", 3):
        found = has_alike(thumbnails(some), seen_others)
    whole = likeness(thumbnails(some), seen_others).amax(dim=1)
    assert found.tolist() == (whole >= ALIKE).tolist()


def upsample(pictures):
    return torch.nn.functional.interpolate(pictures, size=(16, 16), mode="bilinear")


def test_nothing_is_like_none():
    none = thumbnails(torch.zeros(0, 3, 16, 16))
    assert has_alike(seen(colorful(0, 200, 120)), none).tolist() == [False]
