import zipfile

import fsspec
import pytest
from small_photos import fill_wide

from tuner.data.discovery import find_pictures
from tuner.errors import PhotosError


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    """Three photos at an address, and a machine with an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    files = fsspec.filesystem("memory")
    address = f"memory://{tmp_path}/photos"
    for path in fill_wide(tmp_path / "made", range(3)).iterdir():
        files.pipe_file(f"{tmp_path}/photos/deep/{path.name}", path.read_bytes())
    files.pipe_file(f"{tmp_path}/photos/notes.txt", b"no picture")
    return address


def test_photos_of_an_address_are_found_by_their_names_there(bucket, tmp_path):
    found = find_pictures(bucket)
    made = sorted((tmp_path / "made").iterdir())
    assert [*found] == [f"deep/{path.name}" for path in made]
    assert [path.read_bytes() for path in found.values()] == [path.read_bytes() for path in made]


def test_they_are_brought_once(bucket, tmp_path, monkeypatch):
    before = find_pictures(bucket)
    files = fsspec.filesystem("memory")
    monkeypatch.setattr(type(files), "get_file", None)
    assert find_pictures(bucket) == before


def test_what_is_gone_there_is_not_found_here(bucket, tmp_path):
    first, *others = find_pictures(bucket)
    fsspec.filesystem("memory").rm_file(f"{tmp_path}/photos/{first}")
    assert [*find_pictures(bucket)] == others


def test_an_address_without_pictures_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(PhotosError, match=r"data\.photos: there is no picture in"):
        find_pictures("memory://empty")


def test_an_unknown_kind_of_address_is_refused():
    with pytest.raises(PhotosError, match="'nonsense://x' cannot be read"):
        find_pictures("nonsense://x")


def test_a_name_that_leads_out_of_the_folder_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (picture, *_) = fill_wide(tmp_path / "made", range(1)).iterdir()
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for name in ("good.png", "../../../out.png", "deep/../../../../../out.png"):
            archive.write(picture, name)
    assert [*find_pictures(f"zip://::{tmp_path}/photos.zip")] == ["good.png"]
    assert not list(tmp_path.rglob("out.png"))
