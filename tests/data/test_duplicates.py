import numpy as np
import pytest
import torch
from PIL import Image
from small_photos import colorful

from tuner.data import duplicates
from tuner.data.duplicates import ALIKE, alike_pairs, likeness, likest, thumbnails


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


def test_the_likest_of_many_is_found_block_by_block(monkeypatch):
    monkeypatch.setattr(duplicates, "BLOCK", 3)
    random = torch.Generator().manual_seed(0)
    some, others = (thumbnails(torch.rand(n, 3, 16, 16, generator=random)) for n in (7, 5))
    others[4] = some[5]
    found = likest(some, others)
    assert found == pytest.approx(likeness(some, others).amax(dim=1))
    assert int(found.argmax()) == 5
    assert likest(some, others[:0]).tolist() == [-1.0] * 7
