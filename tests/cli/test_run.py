import pytest
from short_study import asked, folder_in, never, score

from tuner.cli.run import run_and_show
from tuner.errors import PhotosError, StudyChanged
from tuner.journal.history_builder import read_history
from tuner.tracking import process
from tuner.tracking.sync_state import last_report


def test_a_run_tells_its_story_and_where_everything_is(at_terminal, tmp_path):
    shown = at_terminal(asked())
    assert "Step 1 - Emphasize chrominance: ab_weight 2.0 -> 4.0, score 0.50 -> 0.01" in shown
    assert "Confirmed on 2 fresh seeds" in shown
    copy = f"tuner export --study short --directory {tmp_path}"
    assert shown.splitlines()[-3:] == [
        f"Written to {folder_in(tmp_path)}/best.yaml; {copy} copies it.",
        f"The report, to look at or to mail: {folder_in(tmp_path)}/report.html",
        f"Not in MLflow yet: tuner sync --study short --directory {tmp_path}",
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


def test_a_changed_study_is_refused_and_restart_runs_it(at_terminal, capsys):
    at_terminal(asked())
    with pytest.raises(StudyChanged, match=r"\(seed: 0 -> 1\)"):
        at_terminal(asked(seed=1))
    with pytest.raises(PhotosError, match=r"data\.photos: there is no folder 'nope'"):
        at_terminal(asked(data={"photos": "nope"}))
    assert capsys.readouterr().out == ""
    assert "baseline seed 1001: training" in at_terminal(asked(seed=1), restart=True)


def test_a_reader_that_goes_away_in_the_middle_interrupts_the_study(tmp_path, monkeypatch):
    def gone(*_args, **_options):
        raise BrokenPipeError

    monkeypatch.setattr("tuner.runner.run.run_study", gone)
    with pytest.raises(KeyboardInterrupt):
        run_and_show(asked(), tmp_path, restart=False, record=False)


def test_quick_is_introduced_as_what_it_is(at_terminal):
    shown = at_terminal(asked(preset="quick", trainer={"steps": 4}, data={"image_size": 32}))
    assert "--quick is a preset for a laptop without a GPU: 32 px, 4 steps." in shown


def test_a_net_that_is_trained_with_and_scored_by_is_warned_about(at_terminal):
    shown = at_terminal(asked(objective={"lpips": {"net": "alex"}}))
    assert "objective.lpips.net is 'alex', which is trained with too" in shown


def test_what_a_killed_run_could_not_send_is_sent_by_the_same_command(
    at_terminal, tmp_path, monkeypatch
):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
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
