import os
from pathlib import Path

import pytest
from small_photos import fill

from tuner.data.discovery import describe_missing, find_pictures
from tuner.data.samples import sample_pictures
from tuner.errors import PhotosError
from tuner.spec.study import StudySpec


def test_pictures_are_found_in_subfolders_whatever_the_case_of_their_suffix(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("b.JPG", "a.webp", "deep/c.Png", "deep/er/d.tiff", "e.bmp", "notes.txt"):
        (tmp_path / name).touch()
    names = list(find_pictures(str(tmp_path)))
    assert names == ["a.webp", "b.JPG", "deep/c.Png", "deep/er/d.tiff", "e.bmp"]


def test_hidden_files_and_folders_are_skipped(tmp_path):
    (tmp_path / ".trash").mkdir()
    for name in ("a.png", ".b.png", "._a.png", ".trash/c.png"):
        (tmp_path / name).touch()
    assert list(find_pictures(str(tmp_path))) == ["a.png"]


def test_links_that_lead_in_circles_are_followed_once(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.png").touch()
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "sub")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert len(find_pictures(str(tmp_path))) == 1


def test_a_pipe_named_like_a_picture_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert list(find_pictures(str(fill(tmp_path)))) == ["p0.png", "p1.png", "p2.png", "p3.png"]


def test_sample_stands_for_the_sample_photos():
    assert find_pictures("sample") == sample_pictures()


def test_a_missing_folder_is_refused_with_the_nearest_name(tmp_path):
    (tmp_path / "holiday").mkdir()
    with pytest.raises(PhotosError) as refusal:
        find_pictures(str(tmp_path / "holidya" / "small"))
    assert str(refusal.value) == (
        f"data.photos: there is no folder '{tmp_path}/holidya/small' "
        f"(did you mean '{tmp_path}/holiday'?)"
    )


def test_a_misspelled_sample_is_recognized(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PhotosError, match=r"no folder 'sampel' \(did you mean 'sample'\?\)"):
        find_pictures("sampel")


@pytest.mark.parametrize("place", ["zzzz", "~nobody-of-this-name/zzzz"])
def test_a_missing_folder_with_no_name_near_it_is_refused(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PhotosError, match=r"\(name a folder of color photos, or 'sample'\)"):
        find_pictures(place)


def test_a_file_instead_of_a_folder_is_refused(tmp_path):
    file = fill(tmp_path) / "p0.png"
    with pytest.raises(PhotosError, match="is a file, a folder of photos is needed"):
        find_pictures(str(file))


def test_a_folder_without_pictures_is_refused_and_says_what_counts_as_one(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(PhotosError, match=r"there is no picture in .* \(\.jpg, \.jpeg, \.png, "):
        find_pictures(str(tmp_path))


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path, monkeypatch):
    def locked(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", locked)
    with pytest.raises(PhotosError, match=r"cannot be read \(Permission denied\)"):
        find_pictures(str(tmp_path))


def missing(trainer=None, **data):
    asked = {"study": "own", "weights": {"a": 1.0}, "stages": [{"vary": "a", "values": [2]}]}
    return describe_missing(StudySpec(**asked, data=data, trainer=trainer or {}))


def test_missing_pictures_are_told_without_opening_or_copying_any(tmp_path):
    (tmp_path / "a.png").touch()
    there, gone = str(tmp_path), str(tmp_path / "gone")
    assert missing(photos=there) == ""
    assert missing(photos="s3://bucket/photos") == ""
    told = missing(photos=gone)
    assert told.startswith(f"data.photos: there is no folder '{gone}'")
    told = missing(photos=there, holdout=gone)
    assert told.startswith(f"data.holdout: there is no folder '{gone}'")
    assert missing({"kind": "command", "run": ["true"]}, photos=gone, holdout=there) == ""
