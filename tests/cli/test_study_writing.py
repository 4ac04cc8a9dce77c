import os
from pathlib import Path

import pytest

from tuner.cli.study_writing import path_for, start_value, write_study
from tuner.errors import StorageError, TunerError
from tuner.spec.json_schema import FILE_NAME

STUDY = "study: mine\nsymptom: ''\ndata: {photos: sample}\nweights: {ab_weight: 1.0}\n"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_would_not_load_is_not_written():
    path = path_for("mine", force=False)
    with pytest.raises(TunerError) as refused:
        write_study(path, f"{STUDY}stages: [{{vary: gone}}]\n")
    assert str(refused.value).startswith(
        "init: nothing was written, for it would not load: studies/mine.yaml:5: "
    )
    assert not Path("studies").exists()


def test_a_study_that_cannot_be_written_whole_leaves_the_one_before(monkeypatch):
    Path("studies").mkdir()
    path = path_for("mine", force=True)
    path.write_text("before")

    def full(*_paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        write_study(path, f"{STUDY}stages: [{{vary: ab_weight, times: [2.0]}}]\n")
    assert path.read_text() == "before"
    assert [each.name for each in Path("studies").iterdir()] == ["mine.yaml"]


def test_the_study_that_was_written_comes_back_with_its_schema():
    text = f"{STUDY}stages: [{{vary: ab_weight, times: [2.0]}}]\n"
    spec, has_schema = write_study(path_for("mine", force=False), text)
    assert (spec.study, has_schema) == ("mine", True)
    assert sorted(each.name for each in Path("studies").iterdir()) == ["mine.yaml", FILE_NAME]


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "much", ""])
def test_a_start_value_is_a_number_of_at_least_0(text):
    with pytest.raises(TunerError, match="expected a number of at least 0"):
        start_value(text, "--weights x")
