import numpy as np
import pytest
from PIL import Image

from tuner.diagnosis.case import Views
from tuner.diagnosis.strip import TILE, save_strip
from tuner.errors import StorageError

VALUES = (10, 120, 200)


def views(height=100, width=100):
    return Views(*(np.full((height, width, 3), value, np.uint8) for value in VALUES))


def drawn(path):
    return np.asarray(Image.open(path).convert("RGB"))


def test_rows_are_gray_prediction_and_photo_from_the_top(tmp_path):
    save_strip(tmp_path / "s.png", "gray: all", [("one", views())])
    column = drawn(tmp_path / "s.png")[:, -60, 0]
    assert [int(v) for v in dict.fromkeys(column) if v in VALUES] == list(VALUES)
    assert all((column == value).sum() >= TILE for value in VALUES)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (500, 300), (90, 900)])
def test_pictures_of_any_shape_are_as_high_as_the_others(tmp_path, height, width):
    save_strip(tmp_path / "s.png", "x", [("one", views()), ("other", views(height, width))])
    page = drawn(tmp_path / "s.png")
    assert page.shape[0] < 4 * TILE
    assert page.shape[1] < 6 * TILE


def test_long_texts_stay_on_the_page(tmp_path):
    columns = [("a name that is much longer than its picture is wide " * 3, views())]
    save_strip(tmp_path / "s.png", "a heading that goes on and on " * 9, columns)
    assert (drawn(tmp_path / "s.png")[:, -1] > 240).all()


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="the picture cannot be written"):
        save_strip(tmp_path / "file" / "s.png", "x", [("one", views())])
