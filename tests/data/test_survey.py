from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.color import rgb2lab
from small_photos import colorful, fill, png

from tuner.data.decoding import decode
from tuner.data.samples import sample_pictures
from tuner.data.survey import LeftOut, mean_chroma, survey
from tuner.errors import PhotosError


def left_out(folder: Path) -> LeftOut:
    [one] = survey(str(fill(folder))).left_out
    return one


def test_sample_stands_for_the_sample_photos():
    found = survey("sample")
    assert len(found.photos) == len(sample_pictures())
    assert found.left_out == ()


def test_progress_is_told_after_every_picture(tmp_path):
    heard = []
    survey(str(fill(tmp_path)), lambda done, total: heard.append((done, total)))
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_equal_pixels_are_used_once_whatever_the_file(tmp_path):
    colorful(0).save(tmp_path / "same.bmp")
    assert left_out(tmp_path) == LeftOut("same.bmp", "duplicate", "equals p0.png")


def test_a_gray_picture_is_left_out_even_if_it_is_stored_in_color(tmp_path):
    colorful(9).convert("L").convert("RGB").save(tmp_path / "old.jpg")
    assert left_out(tmp_path) == LeftOut("old.jpg", "gray", "mean chroma 0.0, 2 is needed")


def test_a_small_picture_is_left_out(tmp_path):
    colorful(9, 90, 39).save(tmp_path / "icon.png")
    assert left_out(tmp_path) == LeftOut(
        "icon.png", "too small", "90x39, the short side needs 40 px"
    )


def test_a_truncated_picture_is_broken(tmp_path):
    whole = BytesIO()
    colorful(9, 400, 300).save(whole, "jpeg")
    (tmp_path / "half.jpg").write_bytes(whole.getvalue()[:2000])
    one = left_out(tmp_path)
    assert (one.reason, "truncated" in one.detail) == ("broken", True)


@pytest.mark.parametrize("content", [b"", b"plain text", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_what_is_no_picture_is_broken(tmp_path, content):
    (tmp_path / "not.jpg").write_bytes(content)
    one = left_out(tmp_path)
    assert (one.reason, "cannot identify" in one.detail) == ("broken", True)


def test_a_link_to_nowhere_is_broken(tmp_path):
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    assert left_out(tmp_path).reason == "broken"


@pytest.mark.parametrize("side", [10_000, 30_000])
def test_a_picture_of_monstrous_size_is_not_decoded(tmp_path, side):
    (tmp_path / "bomb.png").write_bytes(png(side, side, bits=8, color=2, rows=b""))
    one = left_out(tmp_path)
    assert (one.name, one.reason) == ("bomb.png", "too large")


def test_a_file_without_permission_is_unreadable(tmp_path, monkeypatch):
    def locked(path, opened=Image.open, **rest):
        if Path(path).name == "locked.png":
            raise PermissionError(13, "Permission denied")
        return opened(path, **rest)

    (tmp_path / "locked.png").touch()
    monkeypatch.setattr(Image, "open", locked)
    assert left_out(tmp_path) == LeftOut("locked.png", "unreadable", "Permission denied")


def test_red_has_the_chroma_that_the_icc_tables_give_and_gray_has_none():
    assert mean_chroma(Image.new("RGB", (50, 60), (255, 0, 0))) == pytest.approx(106.8, abs=0.7)
    assert mean_chroma(Image.new("RGB", (50, 60), (90, 90, 90))) == 0


@pytest.mark.parametrize("name", ["coffee", "china", "ihc"])
def test_mean_chroma_agrees_with_an_independent_conversion(name):
    picture = decode(sample_pictures()[name])
    lab = rgb2lab(np.asarray(picture))  # for another white, so the numbers differ a little
    expected = np.hypot(lab[..., 1], lab[..., 2]).mean()
    assert mean_chroma(picture) == pytest.approx(expected, rel=0.12)


def test_three_photos_are_too_few(tmp_path):
    with pytest.raises(PhotosError) as refusal:
        survey(str(fill(tmp_path, range(3))), asked="data.holdout")
    assert str(refusal.value) == (
        f"data.holdout: '{tmp_path}' has 3 usable photos, at least 4 are needed so that no "
        "single scene decides the score"
    )


def test_a_folder_without_color_is_refused(tmp_path):
    for seed in range(5):
        colorful(seed).convert("L").save(tmp_path / f"{seed}.png")
    with pytest.raises(
        PhotosError, match=r"no picture in .* has color \(5 gray; gray means a mean"
    ):
        survey(str(tmp_path))


def test_a_folder_of_which_nothing_is_left_is_refused_with_the_reasons(tmp_path):
    for seed in range(2):
        colorful(seed, 20, 20).save(tmp_path / f"{seed}.png")
    (tmp_path / "broken.jpg").touch()
    with pytest.raises(
        PhotosError, match=r"has no usable photos.*; left out: 2 too small, 1 broken"
    ):
        survey(str(tmp_path))
