import pytest
from workers import Evaluations, leases_of, left, serve, small_study, table_of

from tuner.distributed.leases import RECORD
from tuner.distributed.mlflow_syncer import MlflowSyncer
from tuner.distributed.registry import WorkerRegistry
from tuner.distributed.studies import StudyRegistry
from tuner.journal.journal_file import JournalFile
from tuner.journal.workspace import Workspace
from tuner.tracking.client import TrackingClient


@pytest.fixture
def store(tmp_path, monkeypatch):
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    return uri


def syncer_of(database, home, **how):
    return MlflowSyncer(
        database, WorkerRegistry(database, "pen", trains=False), Workspace(home), **how
    )


def runs_of(store, submission):
    """Status by trial of all runs that MLflow has of a study."""
    tracking = TrackingClient(store, submission.name, submission.uid)
    return {number: tracking.find(number).status for number in (-1, 0, 1, 2)}


def test_mlflow_has_what_workers_did_and_it_is_remembered_how_far(
    url, database, workspace, tmp_path, store
):
    submission = left(small_study(), database, workspace)
    syncer = syncer_of(database, tmp_path / "pen")
    syncer.round()
    assert StudyRegistry(database).get("small").recorded == table_of(database).latest()
    serve(url, tmp_path / "w", Evaluations())
    syncer.round()
    syncer.close()
    assert StudyRegistry(database).get("small").recorded == table_of(database).latest()
    assert set(runs_of(store, submission).values()) == {"FINISHED"}
    assert {c.worker for c in leases_of(database, WorkerRegistry(database)).held().values()} <= {""}


def test_a_study_that_another_syncer_has_is_left_to_it(database, workspace, tmp_path, store):
    left(small_study(), database, workspace)
    leases_of(database, WorkerRegistry(database, "other")).try_to_take(RECORD)
    syncer_of(database, tmp_path / "pen").round()
    assert StudyRegistry(database).get("small").recorded == 0


def test_one_that_is_named_is_written_down_alone(database, workspace, tmp_path, store):
    for name in ("first", "second"):
        left(small_study(name), database, workspace)
    syncer = syncer_of(database, tmp_path / "pen", study="second")
    syncer.round()
    syncer.close()
    assert [one.recorded > 0 for one in StudyRegistry(database).all()] == [False, True]


def test_mlflow_that_is_away_is_tried_again(database, workspace, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    left(small_study(), database, workspace)
    syncer = syncer_of(database, tmp_path / "pen")
    syncer.round()
    assert StudyRegistry(database).get("small").recorded == 0
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    syncer.close()
    syncer = syncer_of(database, tmp_path / "pen")
    syncer.round()
    syncer.close()
    assert StudyRegistry(database).get("small").recorded == table_of(database).latest()


def test_one_study_that_cannot_be_written_down_here_holds_up_no_other(
    database, workspace, tmp_path, store
):
    for name in ("first", "second"):
        left(small_study(name), database, workspace)
    JournalFile(Workspace(tmp_path / "pen").make_folder("first")).close()
    said = []
    syncer = MlflowSyncer(
        database,
        WorkerRegistry(database, "pen", trains=False),
        Workspace(tmp_path / "pen"),
        say=said.append,
    )
    syncer.round()
    syncer.close()
    assert [one.recorded > 0 for one in StudyRegistry(database).all()] == [False, True]
    assert "was run without this storage" in said[0]
    assert leases_of(database, WorkerRegistry(database), "first").held()[RECORD].worker == ""
