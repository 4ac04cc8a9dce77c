import os
import stat
from pathlib import Path

import pytest

from tuner.errors import StorageError
from tuner.files.atomic import draft_of, refuse_place, unused_name, write_whole


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "new" / "best.yaml"
    write_whole(path, "one")
    write_whole(path, "zwölf")
    assert path.read_text(encoding="utf-8") == "zwölf"
    write_whole(path, b"\x00\xff")
    assert path.read_bytes() == b"\x00\xff"
    assert list(path.parent.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "best.yaml").mkdir()
    with pytest.raises(StorageError, match=r"best\.yaml: cannot be written \(Is a directory\)"):
        write_whole(tmp_path / "best.yaml", "text")
    assert [p.name for p in tmp_path.iterdir()] == ["best.yaml"]


def test_a_draft_that_breaks_off_leaves_the_earlier_file_and_nothing_else(tmp_path):
    path = tmp_path / "state.json"
    write_whole(path, "earlier")
    with pytest.raises(UnicodeEncodeError), draft_of(path) as draft, draft.open("w") as file:
        file.writelines(["half of it", "\ud800"])
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_what_they_may_read_of_any_new_file(tmp_path):
    (tmp_path / "usual").touch()
    write_whole(tmp_path / "whole", "text")
    usual, whole = (stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("usual", "whole"))
    assert whole == usual


def test_drafts_that_a_killed_process_left_are_removed_by_the_next_one(tmp_path):
    for name in (".net.0a.draft", ".net.0b.draft", ".other.0a.draft"):
        (tmp_path / name).touch()
    write_whole(tmp_path / "net", "text")
    assert sorted(p.name for p in tmp_path.iterdir()) == [".other.0a.draft", "net"]


def test_a_draft_that_is_being_written_stays(tmp_path):
    path = tmp_path / "net"
    with draft_of(path) as slow:
        slow.write_text("slow")
        write_whole(path, "quick")
    assert path.read_text() == "slow"
    assert list(tmp_path.iterdir()) == [path]


def test_without_locks_the_age_of_a_draft_tells(tmp_path, monkeypatch):
    monkeypatch.setattr("tuner.files.atomic.fcntl", None)
    for name in (".net.0a.draft", ".net.0b.draft"):
        (tmp_path / name).touch()
    os.utime(tmp_path / ".net.0a.draft", (0, 0))
    write_whole(tmp_path / "net", "text")
    assert sorted(p.name for p in tmp_path.iterdir()) == [".net.0b.draft", "net"]


@pytest.mark.parametrize("place", ["", ".", "/", "folder", "loop", "file/below", "x" * 300, "pipe"])
def test_a_place_where_no_file_can_be_is_refused_and_stays(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(StorageError, match="cannot be written"):
        write_whole(Path(place), "text")
    if len(place) < 255:
        with pytest.raises(StorageError, match="cannot be written"):
            refuse_place(Path(place))
    assert sorted(tmp_path.iterdir()) == before


def test_a_device_is_no_file():
    with pytest.raises(StorageError, match=r"it is a device or a pipe; '-' prints"):
        write_whole(Path(os.devnull), "text")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_link_stays_and_what_it_points_to_is_written(tmp_path):
    (tmp_path / "link").symlink_to("mine.yaml")
    write_whole(tmp_path / "link", "text")
    assert (tmp_path / "mine.yaml").read_text() == "text"
    assert (tmp_path / "link").is_symlink()


def test_the_longest_name_can_be_written(tmp_path):
    write_whole(tmp_path / ("ä" * 120 + ".html"), "text")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_name_for_what_is_set_aside_is_not_taken(tmp_path):
    path = tmp_path / "tuner.db"
    assert unused_name(path, "damaged-") == tmp_path / "tuner.db.damaged-1"
    (tmp_path / "tuner.db.damaged-1").touch()
    (tmp_path / "tuner.db.1").mkdir()
    assert unused_name(path, "damaged-") == tmp_path / "tuner.db.damaged-2"
    assert unused_name(path) == tmp_path / "tuner.db.2"
