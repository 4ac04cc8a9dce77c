import pytest
from workers import Evaluations, claims_of, ledger_of, left, serve, small_study

from tuner.records.journal import Journal
from tuner.records.tracking import Tracking
from tuner.service.scribe import Scribe
from tuner.sharing.claims import RECORD
from tuner.sharing.offers import Offers
from tuner.sharing.roll import Roll
from tuner.workspace import Workspace


@pytest.fixture
def store(tmp_path, monkeypatch):
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    return uri


def scribe_of(database, home, **how):
    return Scribe(database, Roll(database, "pen", trains=False), Workspace(home), **how)


def runs_of(store, offer):
    """Status by trial of all runs that MLflow has of a study."""
    tracking = Tracking(store, offer.name, offer.uid)
    return {number: tracking.find(number).status for number in (-1, 0, 1, 2)}


def test_mlflow_has_what_workers_did_and_it_is_remembered_how_far(
    url, database, workspace, tmp_path, store
):
    offer = left(small_study(), database, workspace)
    scribe = scribe_of(database, tmp_path / "pen")
    scribe.round()
    assert Offers(database).get("small").recorded == ledger_of(database).latest()
    serve(url, tmp_path / "w", Evaluations())
    scribe.round()
    scribe.close()
    assert Offers(database).get("small").recorded == ledger_of(database).latest()
    assert set(runs_of(store, offer).values()) == {"FINISHED"}
    assert {c.worker for c in claims_of(database, Roll(database)).held().values()} <= {""}


def test_a_study_that_another_scribe_has_is_left_to_it(database, workspace, tmp_path, store):
    left(small_study(), database, workspace)
    claims_of(database, Roll(database, "other")).try_to_take(RECORD)
    scribe_of(database, tmp_path / "pen").round()
    assert Offers(database).get("small").recorded == 0


def test_one_that_is_named_is_written_down_alone(database, workspace, tmp_path, store):
    for name in ("first", "second"):
        left(small_study(name), database, workspace)
    scribe = scribe_of(database, tmp_path / "pen", study="second")
    scribe.round()
    scribe.close()
    assert [one.recorded > 0 for one in Offers(database).all()] == [False, True]


def test_mlflow_that_is_away_is_tried_again(database, workspace, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    left(small_study(), database, workspace)
    scribe = scribe_of(database, tmp_path / "pen")
    scribe.round()
    assert Offers(database).get("small").recorded == 0
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    scribe.close()
    scribe = scribe_of(database, tmp_path / "pen")
    scribe.round()
    scribe.close()
    assert Offers(database).get("small").recorded == ledger_of(database).latest()


def test_one_study_that_cannot_be_written_down_here_holds_up_no_other(
    database, workspace, tmp_path, store
):
    for name in ("first", "second"):
        left(small_study(name), database, workspace)
    Journal(Workspace(tmp_path / "pen").make_folder("first")).close()
    said = []
    scribe = Scribe(
        database, Roll(database, "pen", trains=False), Workspace(tmp_path / "pen"), say=said.append
    )
    scribe.round()
    scribe.close()
    assert [one.recorded > 0 for one in Offers(database).all()] == [False, True]
    assert "was run without this storage" in said[0]
    assert claims_of(database, Roll(database), "first").held()[RECORD].worker == ""
