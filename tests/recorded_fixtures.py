"""Fixtures of a recorded study, and a fresh MLflow store in no time."""

import contextlib
import itertools
import shutil

import pytest
from sample_study import record, whole_study


@pytest.fixture
def study_folder(tmp_path):
    return record(tmp_path / "tuner-runs" / "sepia-fix", whole_study())


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """MLflow's tables, made once: its migrations take seconds."""
    from mlflow.tracking import MlflowClient

    from tuner.tracking.environment import logging_to

    folder = tmp_path_factory.mktemp("template")
    with logging_to(folder / "log"):
        MlflowClient(tracking_uri=f"sqlite:///{folder}/mlflow.db").search_experiments()
    return folder / "mlflow.db"


@pytest.fixture
def new_store(empty_database, tmp_path, monkeypatch):
    """Makes stores: a call returns the tracking URI of a new one."""
    monkeypatch.chdir(tmp_path)
    numbers = itertools.count()

    def make():
        path = tmp_path / f"store-{next(numbers)}.db"
        shutil.copy(empty_database, path)
        return f"sqlite:///{path}"

    return make


@pytest.fixture(scope="session")
def kept_study(empty_database, tmp_path_factory):
    """A whole study that was sent once, for tests that only look: folder, store and report."""
    from tuner.tracking.forwarder import forward

    home = tmp_path_factory.mktemp("kept")
    uri = f"sqlite:///{shutil.copy(empty_database, home / 'store.db')}"
    folder = record(home / "tuner-runs" / "sepia-fix", whole_study())
    with contextlib.chdir(home), pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", uri)
        return folder, uri, forward(folder, None, lambda: False)
