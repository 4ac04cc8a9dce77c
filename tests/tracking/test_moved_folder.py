import shutil
import sqlite3
from contextlib import closing

import pytest

from tuner.cli.sync import sync_with_mlflow
from tuner.errors import StorageError
from tuner.tracking.local_database import one_at_a_time
from tuner.tracking.moved_folder import _replace_root


@pytest.fixture
def moved(kept_study, tmp_path, monkeypatch):
    """A working directory that was moved here from a folder `old` that is gone."""
    kept = kept_study[0].parent.parent
    home = shutil.copytree(kept, tmp_path / "new")
    with closing(sqlite3.connect(home / "store.db")) as database, database:
        _replace_root(database, f"{kept}/mlruns", f"{tmp_path}/old/mlruns")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{home}/store.db")
    monkeypatch.chdir(home)
    return home


def roots(home):
    """Where the paths of the study's experiment and runs begin."""
    with closing(sqlite3.connect(home / "store.db")) as database:
        rows = database.execute(
            "SELECT artifact_location FROM experiments WHERE name = 'sepia-fix' "
            "UNION ALL SELECT artifact_uri FROM runs"
        )
        return {path.partition("/mlruns/")[0] for (path,) in rows}


def files(home):
    return sorted(path.name for path in (home / "mlruns").rglob("*") if path.is_file())


def test_a_folder_that_moves_stays_whole(moved, tmp_path, capsys):
    before = files(moved)
    sync_with_mlflow(moved / "tuner-runs" / "sepia-fix", None)
    assert "MLflow has everything" in capsys.readouterr().out
    assert roots(moved) == {str(moved)}
    assert files(moved) == before
    assert not (tmp_path / "old").exists()


def test_a_copy_leads_to_its_own_files_and_the_original_to_its_own(moved, tmp_path):
    copy = shutil.copytree(moved, tmp_path / "copy")
    for home in (moved, copy):
        with one_at_a_time(f"sqlite:///{home}/store.db"):
            assert roots(home) == {str(home)}


def test_artifacts_that_lie_elsewhere_stay_there(moved, tmp_path):
    (tmp_path / "other").mkdir()
    shutil.copy(moved / "store.db", tmp_path / "other")
    with one_at_a_time(f"sqlite:///{tmp_path}/other/store.db"):
        assert roots(tmp_path / "other") == {f"{tmp_path}/old"}


def test_a_database_that_moves_without_its_pictures_is_refused_in_one_sentence(moved, tmp_path):
    shutil.rmtree(moved / "mlruns")
    with pytest.raises(StorageError, match=r"were in .*/old/mlruns/\d, which is gone; put the"):
        sync_with_mlflow(moved / "tuner-runs" / "sepia-fix", None)
    assert not (tmp_path / "old").exists()
