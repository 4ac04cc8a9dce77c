import io
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image
from sample_study import BEST, PHOTOS, START, ended, faded, finished, opened, record, trial

from tuner.journal.history_builder import read_history
from tuner.journal.pictures import save_squares
from tuner.journal.sample_recorder import GRAY, PHOTO, last_squares
from tuner.reporting.page import photos
from tuner.reporting.page.photos import photo_rows
from tuner.reporting.page.render import render_page


@pytest.fixture
def folder(tmp_path):
    """A study of two trainings whose last predictions are there."""
    events = [opened(), ended(trial(0), 1.4), ended(trial(1, BEST), 1.2), finished()]
    record(tmp_path, events)
    for path, share in (
        (tmp_path / GRAY, 0.0),
        (last_squares(tmp_path, 0), 0.3),
        (last_squares(tmp_path, 1), 0.7),
        (tmp_path / PHOTO, 1.0),
    ):
        save_squares(path, faded(PHOTOS, share))
    return tmp_path


def seen(row):
    kind, _, content = row.source.partition(";base64,")
    with Image.open(io.BytesIO(b64decode(content))) as picture:
        return kind, np.asarray(picture.convert("RGB"))


def test_the_page_shows_gray_start_best_and_photo(folder):
    rows = photo_rows(folder, read_history(folder))
    assert [row.caption for row in rows] == ["gray", "start weights", "best weights", "photo"]
    assert {(row.count, row.side) for row in rows} == {(3, 32)}
    kind, pixels = seen(rows[2])
    assert kind == "data:image/png"
    assert np.array_equal(pixels, np.concatenate(list(faded(PHOTOS, 0.7)), axis=1))


def test_where_nothing_was_better_the_start_weights_stand_alone(folder):
    history = read_history(record(folder, [opened(), finished(incumbent_weights=START)]))
    rows = photo_rows(folder, history)
    assert [row.caption for row in rows] == ["gray", "start weights", "photo"]


def test_a_study_without_pictures_has_none(study_folder):
    assert photo_rows(study_folder, read_history(study_folder)) == ()


def test_large_pictures_become_jpeg_so_that_the_page_can_be_mailed(folder, monkeypatch):
    monkeypatch.setattr(photos, "LARGEST_BYTES", 1)
    kind, pixels = seen(photo_rows(folder, read_history(folder))[3])
    assert kind == "data:image/jpeg"
    assert pixels.shape == (32, 96, 3)
    monkeypatch.setattr(photos, "WIDEST", 48)
    assert seen(photo_rows(folder, read_history(folder))[3])[1].shape == (16, 48, 3)


def test_damaged_pictures_are_left_out_and_the_rest_is_shown(folder):
    history = read_history(folder)
    last_squares(folder, 1).write_bytes(b"no picture")
    assert [row.caption for row in photo_rows(folder, history)] == [
        "gray",
        "start weights",
        "photo",
    ]
    (folder / PHOTO).write_bytes(b"no picture")
    assert photo_rows(folder, history) == ()


def test_the_page_says_which_seed_is_shown(folder):
    page = render_page(folder, read_history(folder))
    assert "Shown: the seed with a typical gain, not the best." in page
