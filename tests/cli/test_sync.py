import pytest
from short_study import asked, folder_in, never

from tuner.cli.sync import sync_with_mlflow
from tuner.errors import StorageError
from tuner.tracking.sync_state import last_report


@pytest.fixture
def sent(at_terminal, tmp_path, monkeypatch, capsys):
    """A study that was synced from another working directory than its own."""
    at_terminal(asked())
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    sync_with_mlflow(folder_in(tmp_path), None)
    return capsys.readouterr().out


def test_sync_sends_to_the_store_beside_the_study_and_nothing_twice(
    sent, tmp_path, capsys, at_terminal
):
    entries = (folder_in(tmp_path) / "journal.jsonl").read_text().count("\n") - 1
    assert sent == f"MLflow has everything ({entries} entries sent).\n"
    assert (tmp_path / "mlflow.db").exists()
    assert list((tmp_path / "elsewhere").iterdir()) == []
    sync_with_mlflow(folder_in(tmp_path), None)
    assert capsys.readouterr().out == "MLflow had everything already; nothing was sent.\n"
    shown = at_terminal(asked(), evaluate=never)
    assert shown.splitlines()[-1] == (
        f"Every trial: tuner ui --study short --directory {tmp_path} (or: mlflow ui)"
    )


def test_an_mlflow_that_is_away_is_one_sentence_and_told_after_the_next_run(
    at_terminal, tmp_path, monkeypatch
):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    at_terminal(asked())
    with pytest.raises(StorageError) as refused:
        sync_with_mlflow(folder_in(tmp_path), None)
    pending = last_report(folder_in(tmp_path)).pending
    assert pending > 0
    said = str(refused.value)
    assert said.startswith(
        f"{pending} entries of the journal are not in MLflow yet: MLflow at http"
    )
    shown = at_terminal(asked(), evaluate=never)
    assert shown.splitlines()[-1] == (
        "MLflow does not have everything yet; later: tuner sync --study short "
        f"--directory {tmp_path}"
    )
