import numpy as np
import pytest
from PIL import Image
from sample_study import squares, trial

from tuner.errors import StorageError
from tuner.journal import sample_recorder
from tuner.journal.pictures import load_squares
from tuner.journal.sample_recorder import GRAY, PHOTO, SampleRecorder, reading_file
from tuner.results.events import PictureTaken


def test_a_reading_is_kept_as_it_is(tmp_path):
    SampleRecorder(tmp_path, [].append).keep(
        trial(7), {"color.cross": np.ones((2, 2, 2), np.float32)}
    )
    with np.load(reading_file(tmp_path, 7)) as arrays:
        assert arrays["color.cross"].tolist() == np.ones((2, 2, 2)).tolist()


def test_a_reading_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "readings").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        SampleRecorder(tmp_path, [].append).keep(trial(7), {})


@pytest.fixture
def shown(tmp_path):
    """The same trial shown at its first and at its last step, and what a listener heard."""
    heard, photos = [], squares()
    gray = photos.mean(axis=-1, keepdims=True).repeat(3, axis=-1).astype(np.uint8)
    samples = SampleRecorder(tmp_path, heard.append)
    samples.show(trial(7), 0, gray, gray, photos)
    samples.show(trial(7), 300, gray, photos, photos)
    return tmp_path, heard


def test_showing_draws_a_strip_and_tells_where_it_is(shown):
    folder, heard = shown
    paths = [f"pictures/trial-007/step-{step:06d}.png" for step in (0, 300)]
    assert heard == [
        PictureTaken(number=7, step=step, name="samples", path=path)
        for step, path in zip((0, 300), paths, strict=True)
    ]
    first, last = (np.asarray(Image.open(folder / path)) for path in paths)
    assert first.shape == last.shape
    assert (first != last).any()


def test_the_last_prediction_and_the_photos_are_kept_for_the_comparison_at_the_end(shown):
    folder, _ = shown
    last = np.asarray(Image.open(folder / "pictures/trial-007/last.png"))
    photo = np.asarray(Image.open(folder / "pictures/photo.png"))
    gray = np.asarray(Image.open(folder / "pictures/gray.png"))
    assert (last == photo).all()
    assert (gray != photo).any()


def test_the_photos_are_written_again_where_an_earlier_run_showed_others(shown):
    folder, _ = shown
    photos = squares()[:1]
    SampleRecorder(folder, [].append).show(trial(8), 0, photos, photos, photos)
    assert (load_squares(folder / PHOTO) == photos).all()
    assert len(load_squares(folder / GRAY)) == 1


def test_what_all_trials_share_is_compared_once_a_run(shown, monkeypatch):
    folder, _ = shown
    recorder, photos = SampleRecorder(folder, [].append), squares()
    recorder.show(trial(8), 0, photos, photos, photos)
    monkeypatch.setattr(sample_recorder, "load_squares", pytest.fail)
    recorder.show(trial(8), 300, photos, photos, photos)
