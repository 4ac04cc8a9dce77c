import pytest

from tuner.errors import StorageError
from tuner.journal.workspace import Workspace


def test_everything_lies_below_the_root(tmp_path):
    workspace = Workspace(tmp_path)
    assert workspace.database == tmp_path / "tuner.db"
    assert workspace.folder("sepia") == tmp_path / "tuner-runs" / "sepia"
    assert workspace.photo_cache.parent == workspace.runs


def test_a_study_gets_its_folder_and_nothing_else_in_it(tmp_path):
    folder = Workspace(tmp_path / "not" / "there").make_folder("sepia")
    assert folder.is_dir()
    assert list(folder.iterdir()) == []


def test_making_a_folder_twice_keeps_what_is_in_it(tmp_path):
    workspace = Workspace(tmp_path)
    (workspace.make_folder("sepia") / "journal.jsonl").write_text("kept")
    assert (workspace.make_folder("sepia") / "journal.jsonl").read_text() == "kept"


def test_a_file_in_the_way_is_told_in_one_sentence(tmp_path):
    (tmp_path / "tuner-runs").write_text("a file")
    with pytest.raises(StorageError) as refused:
        Workspace(tmp_path).make_folder("sepia")
    assert str(refused.value) == (
        f"{tmp_path}/tuner-runs/sepia: the study's files cannot be written here: "
        "Not a directory (choose another place with --directory)"
    )


def test_a_study_without_a_folder_is_not_set_aside(tmp_path):
    assert Workspace(tmp_path).set_aside("sepia") is None


def test_setting_aside_loses_nothing_however_often(tmp_path):
    workspace = Workspace(tmp_path)
    for text in ("first", "second"):
        (workspace.make_folder("sepia") / "journal.jsonl").write_text(text)
        workspace.set_aside("sepia")
    kept = sorted(path.read_text() for path in workspace.runs.glob("*/journal.jsonl"))
    assert kept == ["first", "second"]
    assert not workspace.folder("sepia").exists()


def test_setting_aside_tells_where(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.make_folder("sepia")
    assert workspace.set_aside("sepia") == workspace.runs / "sepia.1"
