import os

import pytest

from tuner.external.shared_files import writes_into_shared_files

TRIAL = "mine-check-000"


@pytest.mark.parametrize(
    ("written", "shared"),
    [
        ("model.pt", True),
        ("checkpoints/last.pt", True),
        (f"experiments/{TRIAL}/last.pt", False),
        (f"results/{TRIAL}.pt", False),
        ("tuner-runs/mine/check/trials/trial-000/out/a.png", False),
        ("package/__pycache__/module.pyc", False),
        (".git/index", False),
    ],
)
def test_what_has_the_trial_in_its_path_is_its_own(tmp_path, written, shared):
    path = tmp_path / written
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (200.0, 200.0))
    assert writes_into_shared_files(tmp_path, 100.0, TRIAL) is shared
    assert not writes_into_shared_files(tmp_path, 300.0, TRIAL)


def test_a_folder_that_is_too_large_counts_as_written_into(tmp_path, monkeypatch):
    monkeypatch.setattr("tuner.external.shared_files.MOST_FILES", 2)
    for name in "abc":
        (tmp_path / name).touch()
    assert writes_into_shared_files(tmp_path, 9e9, TRIAL)
