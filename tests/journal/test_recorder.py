from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from sample_study import opened, squares, trial

from tuner.errors import StorageError
from tuner.events import CurvePoint, PictureTaken
from tuner.journal.journal_file import JournalFile, read_entries
from tuner.journal.recorder import Recorder, reading_file


def point(step, number=0):
    return CurvePoint(number=number, step=step, values={"loss/total": 1.0})


def events(folder):
    return [entry.event for entry in read_entries(folder)]


def test_a_run_that_tells_nothing_leaves_nothing(tmp_path):
    heard = []
    with Recorder(tmp_path, opened(), heard.append) as tell:
        assert not tell.opened
    assert heard == []
    assert list(tmp_path.iterdir()) == []


def test_the_opening_is_told_before_anything_else_and_once(tmp_path):
    heard = []
    with Recorder(tmp_path, opened(), heard.append) as tell:
        tell(point(1))
        tell(point(2))
        assert tell.opened
    assert heard == events(tmp_path) == [opened(), point(1), point(2)]


def test_the_journal_has_an_event_before_any_listener_hears_it(tmp_path):
    def first(event):
        order.append("first")
        assert events(tmp_path)[-1] == event

    order = []
    with Recorder(tmp_path, opened(), first, lambda event: order.append("second")) as tell:
        tell(point(1))
    assert order == ["first", "second"] * 2


def test_what_a_listener_does_not_survive_is_in_the_journal(tmp_path):
    def broken(event):
        if event == point(1):
            raise BrokenPipeError

    with Recorder(tmp_path, opened(), broken) as tell, pytest.raises(BrokenPipeError):
        tell(point(1))
    assert events(tmp_path) == [opened(), point(1)]


def test_another_run_goes_on_in_the_same_journal(tmp_path):
    for step in (1, 2):
        with Recorder(tmp_path, opened()) as tell:
            tell(point(step))
    assert events(tmp_path) == [opened(), point(1), opened(), point(2)]


def test_threads_may_tell_at_once(tmp_path):
    heard = []
    with Recorder(tmp_path, opened(), heard.append) as tell, ThreadPoolExecutor(8) as threads:
        list(threads.map(tell, [point(step, number) for step in range(25) for number in range(8)]))
    assert events(tmp_path) == heard
    assert heard[0] == opened()
    assert len(heard) == 201


def test_the_journal_is_closed_at_the_end(tmp_path, monkeypatch):
    closed = []
    monkeypatch.setattr(JournalFile, "close", lambda journal: closed.append(journal._file.close()))
    with Recorder(tmp_path, opened()) as tell:
        tell(point(1))
    assert closed == [None]


def test_a_reading_is_kept_as_it_is(tmp_path):
    with Recorder(tmp_path, opened()) as tell:
        tell.keep(trial(7), {"color.cross": np.ones((2, 2, 2), np.float32)})
    with np.load(reading_file(tmp_path, 7)) as arrays:
        assert arrays["color.cross"].tolist() == np.ones((2, 2, 2)).tolist()
    assert not tell.opened


def test_a_reading_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "readings").write_text("")
    with (
        Recorder(tmp_path, opened()) as tell,
        pytest.raises(StorageError, match="cannot be written"),
    ):
        tell.keep(trial(7), {})


@pytest.fixture
def shown(tmp_path):
    """The same trial shown at its first and at its last step, and what a listener heard."""
    heard, photos = [], squares()
    gray = photos.mean(axis=-1, keepdims=True).repeat(3, axis=-1).astype(np.uint8)
    with Recorder(tmp_path, opened(), heard.append) as tell:
        tell.show(trial(7), 0, gray, gray, photos)
        tell.show(trial(7), 300, gray, photos, photos)
    return tmp_path, heard[1:]


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
