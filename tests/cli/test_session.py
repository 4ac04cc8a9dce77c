from functools import partial
from math import log

import pytest

from tuner.cli import session
from tuner.errors import StorageError, StudyChanged
from tuner.journal.history import read_history
from tuner.runner.run import run_study
from tuner.spec.study import StudySpec
from tuner.tracking import process
from tuner.tracking.sync_state import last_report

START = {"perceptual_weight": 1.0, "ab_weight": 2.0}


def asked(**parts):
    wanted = {
        "study": "short",
        "symptom": "sepia",
        "weights": START,
        "stages": ({"vary": "ab_weight", "values": [4, 8], "because": "Emphasize chrominance"},),
        "repeats": {"baseline": 2, "decide": 2, "confirm": 2},
    }
    return StudySpec(**(wanted | parts))


def score(trials):
    return [log(trial.weights["ab_weight"] / 4) ** 2 + trial.seed / 100 for trial in trials]


def never(trials):
    raise AssertionError(f"{len(trials)} trials were trained again")


@pytest.fixture
def at_terminal(tmp_path, monkeypatch, capsys):
    """Runs a study with scores that stand in for training; what is shown."""

    def run(spec, *, evaluate=score, restart=False, record=False):
        capsys.readouterr()
        monkeypatch.setattr(session, "run_study", partial(run_study, evaluate=evaluate))
        session.run_and_show(spec, tmp_path, restart=restart, record=record)
        return capsys.readouterr().out

    return run


def folder_in(home):
    return home / "tuner-runs" / "short"


def test_a_run_tells_its_story_and_where_everything_is(at_terminal, tmp_path):
    shown = at_terminal(asked())
    assert "Step 1 - Emphasize chrominance: ab_weight 2.0 -> 4.0, score 0.50 -> 0.01" in shown
    assert "Confirmed on 2 fresh seeds" in shown
    assert shown.splitlines()[-3:] == [
        f"Written to {folder_in(tmp_path)}/best.yaml; tuner export --study short copies it.",
        f"The report, to look at or to mail: {folder_in(tmp_path)}/report.html",
        "Not in MLflow yet: tuner sync --study short",
    ]
    assert "ab_weight: 4.0" in (folder_in(tmp_path) / "best.yaml").read_text()


def test_a_finished_study_is_shown_again_and_nothing_is_trained(at_terminal):
    at_terminal(asked())
    shown = at_terminal(asked(), evaluate=never)
    assert shown.startswith("'short' is finished; nothing was left to train.\n")
    assert "better" in shown


def test_best_weights_that_were_deleted_are_written_again(at_terminal, tmp_path):
    at_terminal(asked())
    (folder_in(tmp_path) / "best.yaml").unlink()
    at_terminal(asked(), evaluate=never)
    assert (folder_in(tmp_path) / "best.yaml").exists()


def test_an_interrupted_run_goes_on_with_what_it_has(at_terminal):
    def broken(trials):
        if trials[0].stage == 1:
            raise KeyboardInterrupt
        return score(trials)

    with pytest.raises(KeyboardInterrupt):
        at_terminal(asked(), evaluate=broken)
    shown = at_terminal(asked())
    assert "Confirmed on 2 fresh seeds" in shown
    assert "baseline seed 1: training" not in shown


def test_a_larger_budget_is_shown_while_it_is_spent(at_terminal):
    short = at_terminal(asked(budget={"max_trials": 7}))
    assert "Stopped early: the budget of 7 trials" in short
    longer = at_terminal(asked())
    assert "nothing was left to train" not in longer
    assert "ab_weight=8 seed 1: training" in longer
    assert "Confirmed on 2 fresh seeds" in longer


def test_a_changed_study_is_refused_and_restart_runs_it(at_terminal):
    at_terminal(asked())
    with pytest.raises(StudyChanged, match=r"\(seed: 0 -> 1\)"):
        at_terminal(asked(seed=1))
    assert "baseline seed 1001: training" in at_terminal(asked(seed=1), restart=True)


def test_a_reader_that_goes_away_in_the_middle_interrupts_the_study(tmp_path, monkeypatch):
    def gone(*_args, **_options):
        raise BrokenPipeError

    monkeypatch.setattr(session, "run_study", gone)
    with pytest.raises(KeyboardInterrupt):
        session.run_and_show(asked(), tmp_path, restart=False, record=False)


def test_quick_is_introduced_as_what_it_is(at_terminal):
    shown = at_terminal(asked(preset="quick", trainer={"steps": 4}, data={"image_size": 32}))
    assert "--quick is a preset for a laptop without a GPU: 32 px, 4 steps." in shown


def test_a_net_that_is_trained_with_and_scored_by_is_warned_about(at_terminal):
    shown = at_terminal(asked(objective={"lpips": {"net": "alex"}}))
    assert "objective.lpips.net is 'alex', which is trained with too" in shown


def test_a_plan_without_measuring_loads_no_photos(tmp_path, capsys):
    session.show_plan(asked(), tmp_path, price=2.0, measure=False)
    shown = capsys.readouterr().out
    assert "4 to 18 trials of 5000 steps" in shown
    assert "Measured" not in shown
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def sent(at_terminal, tmp_path, monkeypatch, capsys):
    """A study that was synced from another working directory than its own."""
    at_terminal(asked())
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    session.sync_with_mlflow(folder_in(tmp_path), None)
    return capsys.readouterr().out


def test_sync_sends_to_the_store_beside_the_study_and_nothing_twice(
    sent, tmp_path, capsys, at_terminal
):
    entries = (folder_in(tmp_path) / "journal.jsonl").read_text().count("\n") - 1
    assert sent == f"MLflow has everything ({entries} entries sent).\n"
    assert (tmp_path / "mlflow.db").exists()
    assert list((tmp_path / "elsewhere").iterdir()) == []
    session.sync_with_mlflow(folder_in(tmp_path), None)
    assert capsys.readouterr().out == "MLflow has everything (0 entries sent).\n"
    shown = at_terminal(asked(), evaluate=never)
    assert shown.splitlines()[-1] == "Every trial: tuner ui --study short (or: mlflow ui)"


def test_an_mlflow_that_is_away_is_one_sentence_and_told_after_the_next_run(
    at_terminal, tmp_path, monkeypatch
):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    at_terminal(asked())
    with pytest.raises(StorageError) as refused:
        session.sync_with_mlflow(folder_in(tmp_path), None)
    pending = last_report(folder_in(tmp_path)).pending
    assert pending > 0
    said = str(refused.value)
    assert said.startswith(
        f"{pending} entries of the journal are not in MLflow yet: MLflow at http"
    )
    shown = at_terminal(asked(), evaluate=never)
    assert shown.splitlines()[-1] == (
        "MLflow does not have everything yet; later: tuner sync --study short"
    )


def test_what_a_killed_run_could_not_send_is_sent_by_the_same_command(
    at_terminal, tmp_path, monkeypatch
):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    at_terminal(asked())
    shown = at_terminal(asked(), evaluate=never, record=True)
    assert "MLflow has everything" in shown
    assert shown.splitlines()[-1] == "Every trial: tuner ui --study short (or: mlflow ui)"
    exported = (folder_in(tmp_path) / "best.yaml").read_text()
    assert f"mlflow_run: {last_report(folder_in(tmp_path)).parent_run_id}" in exported


def test_with_evaluate_nothing_is_sent_to_mlflow(at_terminal, tmp_path, monkeypatch):
    monkeypatch.setattr(process.subprocess, "Popen", never)
    at_terminal(asked(), record=True)
    assert read_history(folder_in(tmp_path)).finished is not None
