import math
from pathlib import Path

import pytest
import torch

from tuner.color.measures import Photos, joined, measures, per_photo, read

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


def reading(prediction, target, lpips=None):
    lpips = torch.zeros(len(target)) if lpips is None else lpips
    return joined([read(Photos.of(prediction), Photos.of(target), lpips)])


def test_the_photo_itself_reads_as_perfect(photos):
    found = measures(reading(photos, photos))
    expected = {"chroma_ratio": 1, "ab_slope": 1, "ab_correlation": 1, "color_noise": 1}
    expected |= {"a_ratio": 1, "b_ratio": 1, "lightness_gain": 1, "ssim": 1, "psnr": 100}
    expected |= {"ciede2000": 0, "hue_error": 0, "lightness_drift": 0, "lightness_rmse": 0}
    expected |= {"cast": 0, "colorfulness_gap": 0, "clipped_more": 0}
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=0.03)


def test_half_the_chroma_reads_as_half(distorted, photos):
    found = measures(reading(distorted["chroma x0.5"], photos))
    assert found["chroma_ratio"] == pytest.approx(0.5, abs=0.01)
    assert found["ab_slope"] == pytest.approx(0.5, abs=0.01)
    assert found["color_noise"] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(("name", "hue"), [("sepia wash", 69), ("purple wash", -45)])
def test_a_wash_reads_as_a_cast_of_its_hue(distorted, photos, name, hue):
    found = measures(reading(distorted[name], photos))
    assert found["cast"] == pytest.approx(16.4, abs=1.5)
    assert found["cast_hue"] == pytest.approx(hue, abs=6)


def test_opposite_hues_read_as_half_a_turn(distorted, photos):
    found = measures(reading(distorted["opposite hues"], photos))
    assert found["hue_error"] > 160
    assert found["ab_correlation"] < -0.8


def test_lightness_is_read_with_its_sign(distorted, photos):
    found = measures(reading(distorted["L + 10"], photos))
    assert 9 < found["lightness_drift"] <= 10
    assert 9 < found["lightness_rmse"] <= 10.1


def test_chunks_read_like_the_whole(distorted, photos):
    prediction, zeros = Photos.of(distorted["hedged"]), torch.zeros(36)
    target = Photos.of(photos)
    halves = [
        read(prediction.part(place), target.part(place), zeros)
        for place in (slice(0, 36), slice(36, 72))
    ]
    whole = measures(reading(prediction.rgb, photos))
    assert measures(joined(halves)) == pytest.approx(whole, rel=1e-5, abs=1e-6)


def test_each_photo_has_its_own_numbers(distorted, photos):
    each = per_photo(reading(distorted["chroma x0.5"], photos, torch.arange(72.0)))
    assert each["lpips"] == tuple(range(72))
    assert {len(values) for values in each.values()} == {72}
    assert each["chroma_ratio"][0] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_every_number_is_finite_on_photos_without_color(value, photos):
    flat = torch.full_like(photos[:2], value)
    for prediction, target in ((flat, photos[:2]), (photos[:2], flat), (flat, flat)):
        found = reading(prediction, target)
        assert all(math.isfinite(number) for number in measures(found).values())
        assert all(math.isfinite(x) for values in per_photo(found).values() for x in values)


def test_every_number_is_explained(photos):
    page = PAGE.read_text(encoding="utf-8")
    found = reading(photos[:2], photos[:2])
    names = {*measures(found), *per_photo(found)}
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []
