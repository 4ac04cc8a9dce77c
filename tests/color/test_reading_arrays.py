import numpy as np
import pytest
import torch

from tuner.color.measures import Photos, measures, read
from tuner.color.reading_arrays import as_arrays, from_arrays


@pytest.fixture(scope="module")
def reading(distorted, photos):
    return read(Photos.of(distorted["hedged"]), Photos.of(photos), torch.zeros(len(photos)))


def test_a_reading_that_was_kept_has_the_same_measures(tmp_path, reading):
    np.savez_compressed(tmp_path / "kept.npz", **as_arrays(reading))
    with np.load(tmp_path / "kept.npz") as arrays:
        again = from_arrays(arrays)
    assert measures(again) == pytest.approx(measures(reading), rel=1e-5, abs=1e-5)


def test_arrays_begin_with_the_photos(reading, photos):
    assert {len(array) for array in as_arrays(reading).values()} == {len(photos)}
    assert {array.dtype for array in as_arrays(reading).values()} == {np.dtype(np.float32)}


def test_a_missing_part_is_noticed(reading):
    arrays = as_arrays(reading)
    del arrays["color.cross"]
    with pytest.raises(KeyError, match="color"):
        from_arrays(arrays)
