from types import SimpleNamespace

import pytest
from PIL import Image

from tuner.tracking.run_pictures import TakenPicture, places_of, send_pictures


class Sent:
    """Takes pictures as MLflow's client does: the size of each, by where it went."""

    def __init__(self, *files):
        self.images, self.figures = {}, []
        self.files = [SimpleNamespace(path=path) for path in files]

    def log_image(self, _run_id, picture, artifact_file=None, **place):
        if artifact_file:
            self.figures.append((artifact_file, picture.width))
        else:
            self.images[place["key"], place["step"], place["timestamp"]] = picture.width

    def list_artifacts(self, _run_id, _folder):
        return self.files


@pytest.fixture
def taken(tmp_path):
    """Two pictures of one name and one of another; their widths are 1, 2 and 3."""
    for width in (1, 2, 3):
        Image.new("RGB", (width, 1)).save(tmp_path / f"{width}.png")
    return [
        TakenPicture(tmp_path / "1.png", "samples", 0, 1000),
        TakenPicture(tmp_path / "2.png", "samples", 50, 2000),
        TakenPicture(tmp_path / "3.png", "eval/worst", 50, 3000),
    ]


def test_each_picture_is_sent_once_and_the_last_of_each_name_as_its_figure(taken):
    sent, there = Sent(), set()
    send_pictures(sent, "run", taken, there)
    assert sent.images == {
        ("samples", 0, 1000): 1, ("samples", 50, 2000): 2, ("eval/worst", 50, 3000): 3,
    }  # fmt: skip
    assert [width for _, width in sent.figures] == [2, 3]
    assert there == {one.place for one in taken}
    send_pictures(sent, "run", taken[:1], there)
    assert len(sent.images) == 3


@pytest.mark.parametrize("broken", [b"", b"no picture", "cut off"])
def test_a_broken_picture_is_left_out_and_named(taken, caplog, broken):
    path, sent = taken[1].path, Sent()
    path.write_bytes(path.read_bytes()[:50] if broken == "cut off" else broken)
    send_pictures(sent, "run", taken, set())
    assert [width for _, width in sent.figures] == [1, 3]
    assert f"{path}: left out" in caplog.text


def test_a_picture_that_is_gone_leaves_the_figure_to_the_one_before(taken):
    taken[1].path.unlink()
    sent = Sent()
    send_pictures(sent, "run", taken[:2], set())
    assert (list(sent.images.values()), [width for _, width in sent.figures]) == ([1], [1])


def test_a_picture_without_its_small_copy_is_sent_again(taken):
    whole = "images/samples+step+0+timestamp+1000+uuid"
    half = "images/eval~worst+step+50+timestamp+3000+uuid"
    sent = Sent(f"{whole}.png", f"{whole}+compressed.webp", f"{half}.png")
    send_pictures(sent, "run", taken, places_of(sent, "run"))
    assert list(sent.images) == [("samples", 50, 2000), ("eval/worst", 50, 3000)]
