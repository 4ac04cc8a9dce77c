import numpy as np
import pytest
import torch

from tuner.color.measures import Photos, measures, read_colors
from tuner.color.resampling import draws, intervals


@pytest.fixture(scope="module")
def reading(distorted, photos):
    return read_colors(Photos.of(distorted["sepia wash"]), Photos.of(photos))


def test_the_interval_holds_the_number_of_the_set(reading):
    found, ends = measures(reading), intervals(list(draws(reading, 200)))
    for name in ("tint", "chroma_ratio", "ab_correlation", "lightness_drift"):
        low, high = ends[name]
        assert low <= found[name] <= high, name


def test_the_interval_of_a_mean_is_as_wide_as_theory_says(reading):
    each = reading.values["lightness_drift"].numpy()
    low, high = intervals(list(draws(reading, 1000)))["lightness_drift"]
    assert high - low == pytest.approx(2 * 1.96 * each.std() / len(each) ** 0.5, rel=0.15)


def test_what_is_the_same_in_all_photos_is_sure():
    flat = Photos.of(torch.full((5, 3, 16, 16), 0.5))
    low, high = intervals(list(draws(read_colors(flat, flat), 20)))["lightness_drift"]
    assert (low, high) == (0, 0)


def test_draws_are_the_same_every_time(reading):
    first, again, other = ([each["tint"] for each in draws(reading, 5, seed)] for seed in (0, 0, 1))
    assert first == again != other


def test_ends_are_percentiles():
    ends = intervals([{"x": float(number)} for number in range(101)])["x"]
    assert ends == pytest.approx((2.5, 97.5))
    assert np.isfinite(ends).all()
