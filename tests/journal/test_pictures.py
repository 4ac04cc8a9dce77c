import numpy as np
import pytest
from PIL import Image
from sample_study import faded, squares

from tuner.errors import StorageError
from tuner.journal.pictures import load_squares, save_before_after, save_squares, save_strip


def pixels(path):
    return np.asarray(Image.open(path).convert("RGB"))


@pytest.mark.parametrize(("count", "side"), [(1, 32), (2, 48), (4, 64), (5, 96), (12, 32)])
def test_a_strip_is_three_times_as_wide_as_high(tmp_path, count, side):
    photo = squares(count, side)
    save_strip(tmp_path / "s.png", faded(photo, 0), faded(photo, 0.5), photo, "step 300")
    height, width, _ = pixels(tmp_path / "s.png").shape
    assert width == 3 * height


def test_a_strip_of_four_small_photos_is_about_as_large_as_a_card(tmp_path):
    photo = squares(4, 64)
    save_strip(tmp_path / "s.png", photo, photo, photo)
    assert 700 < pixels(tmp_path / "s.png").shape[1] < 900


def test_small_photos_grow_by_a_whole_factor(tmp_path):
    photo = np.zeros((1, 40, 40, 3), np.uint8)
    photo[0, 0, 0] = (255, 0, 0)
    save_strip(tmp_path / "s.png", photo, photo, photo)
    red = (pixels(tmp_path / "s.png") == (255, 0, 0)).all(axis=-1)
    assert red.sum() == 3 * 3 * 3  # one pixel of each of three tiles, three times as large


def test_large_photos_shrink(tmp_path):
    photo = np.full((1, 500, 500, 3), 128, np.uint8)
    save_strip(tmp_path / "s.png", photo, photo, photo)
    assert pixels(tmp_path / "s.png").shape[0] < 300


def test_a_strip_shows_gray_prediction_and_photo_in_this_order(tmp_path):
    tiles = [np.full((1, 128, 128, 3), value, np.uint8) for value in (10, 120, 200)]
    save_strip(tmp_path / "s.png", *tiles)
    row = pixels(tmp_path / "s.png")[90, :, 0]
    assert [int(v) for v in dict.fromkeys(row) if v in {10, 120, 200}] == [10, 120, 200]


def test_names_that_do_not_fit_are_written_smaller(tmp_path):
    photo = squares(1, 32)
    save_strip(tmp_path / "s.png", photo, photo, photo, "a long caption " * 12)
    assert pixels(tmp_path / "s.png").shape[1] == 3 * pixels(tmp_path / "s.png").shape[0]


def test_before_and_after_stand_between_gray_and_photo(tmp_path):
    rows = [np.full((2, 64, 64, 3), value, np.uint8) for value in (10, 90, 150, 200)]
    save_before_after(tmp_path / "b.png", *rows)
    column = pixels(tmp_path / "b.png")[:, -70, 0]
    assert [int(v) for v in dict.fromkeys(column) if v in {10, 90, 150, 200}] == [10, 90, 150, 200]


def test_squares_are_read_as_they_were_saved(tmp_path):
    photos = squares(3, 32)
    save_squares(tmp_path / "new" / "s.png", photos)
    assert np.array_equal(load_squares(tmp_path / "new" / "s.png"), photos)


def test_files_that_cannot_be_used_are_named(tmp_path):
    with pytest.raises(StorageError, match=r"gone\.png: the picture cannot be read"):
        load_squares(tmp_path / "gone.png")
    (tmp_path / "s.png").mkdir()
    with pytest.raises(StorageError, match=r"s\.png: the picture cannot be written"):
        save_squares(tmp_path / "s.png", squares(1, 32))


def test_a_picture_that_lies_in_the_place_of_another_one_is_refused(tmp_path):
    places = [tmp_path / f"trial-{number:03d}" / "last.png" for number in (0, 1)]
    for place, share in zip(places, (0.2, 0.8), strict=True):
        save_squares(place, faded(squares(2), share))
    places[0].write_bytes(places[1].read_bytes())
    with pytest.raises(StorageError, match="the picture is not the one that was saved here"):
        load_squares(places[0])
    assert (load_squares(places[1]) == faded(squares(2), 0.8)).all()
