import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import product

import optuna
import pytest
from tiny_study import PATIENCE, TINY, started, surroundings, told, tuner, wait_until

from tuner.journal.history_builder import read_history
from tuner.journal.journal_file import read_entries
from tuner.results.events import TrialFinished


def history_in(home):
    return read_history(home / "tuner-runs" / "tiny")


def scores_in(home):
    """What was trained and what came of it, to the last bit."""
    results = sorted(history_in(home).results.items())
    return [(dict(r.trial.weights), r.trial.seed, r.score, dict(r.measures)) for _, r in results]


def finished_numbers(home):
    entries = read_entries(home / "tuner-runs" / "tiny")
    return [e.event.result.trial.number for e in entries if isinstance(e.event, TrialFinished)]


def optuna_in(home):
    return optuna.load_study(study_name="tiny", storage=f"sqlite:///{home}/tuner.db").trials


def statuses(home):
    """Of MLflow's runs, read beside MLflow."""
    try:
        with closing(sqlite3.connect(f"file:{home}/mlflow.db?mode=ro", uri=True)) as database:
            return [status for (status,) in database.execute("SELECT status FROM runs")]
    except sqlite3.OperationalError:
        return []


def mlflow_runs(home):
    """MLflow's runs by their `tuner.uid`, in a list each."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{home}/mlflow.db")
    experiment = client.get_experiment_by_name("tiny")
    runs = {}
    for run in client.search_runs([experiment.experiment_id]):
        runs.setdefault(run.data.tags["tuner.uid"], []).append(run)
    return client, runs


@pytest.fixture(scope="module")
def uninterrupted(finished_home):
    return scores_in(finished_home)


SENDS_ITSELF_A_SIGNAL = """
import os, sys
from tuner.cli import main
from tuner.journal.recorder import Recorder

signal, kind, more_than = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
sys.argv = ["tuner", *sys.argv[4:]]
record, heard = Recorder.__call__, []

def record_and_end(recorder, event):
    record(recorder, event)
    heard.extend([event] if event.event == kind else [])
    if len(heard) == more_than + 1:
        heard.append(None)
        os.kill(os.getpid(), signal)

Recorder.__call__ = record_and_end
main()
"""
"""However busy the machine is, the signal comes right after the event."""


def ended_by(home, number, event, more_than):
    """Runs the study until it has told enough, when a signal ends it; code and text."""
    words = [str(int(number)), event, str(more_than), "run", *TINY, "--no-record"]
    ended = subprocess.run(
        [sys.executable, "-c", SENDS_ITSELF_A_SIGNAL, *words],
        cwd=home, env=surroundings(), capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    return ended.returncode, ended.stderr


def test_a_run_that_is_ended_again_and_again_is_the_run_that_never_was(tiny_home, uninterrupted):
    assert ended_by(tiny_home, signal.SIGKILL, "trial started", 0)[0] == -signal.SIGKILL
    code, complaints = ended_by(tiny_home, signal.SIGTERM, "trial finished", 1)
    assert code == 130
    assert "Traceback" not in complaints
    assert complaints.startswith(
        "tuner: interrupted; nothing is lost, go on with: tuner run --study tiny.yaml --quick"
    )
    assert told(tiny_home, "study finished") == 0
    ended = tuner(tiny_home, "run", *TINY, "--no-record")
    assert ended.returncode == 0, ended.stderr
    assert scores_in(tiny_home) == uninterrupted
    assert sorted(finished_numbers(tiny_home)) == list(range(len(uninterrupted)))
    assert [trial.value for trial in optuna_in(tiny_home)] == [each[2] for each in uninterrupted]


def test_a_recorded_run_that_was_killed_is_once_in_mlflow(tiny_home, uninterrupted):
    with started(tiny_home, "run", *TINY) as process:
        wait_until(lambda: told(tiny_home, "trial finished") > 0, "a trial")
        # Held still, so that MLflow has caught up when it is killed, and a second one can try.
        process.send_signal(signal.SIGSTOP)
        wait_until(lambda: statuses(tiny_home).count("RUNNING") > 1, "MLflow's runs")
        second = tuner(tiny_home, "run", *TINY, "--no-record")
        process.kill()
        process.communicate(timeout=60)
    assert second.returncode == 1
    assert second.stderr.startswith(f"tuner: 'tiny' is being run by another process in {tiny_home}")
    wait_until(lambda: "RUNNING" not in statuses(tiny_home), "the forwarder to see to it")

    ended = tuner(tiny_home, "run", *TINY)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1].startswith("Every trial: tuner ui --study tiny")
    assert scores_in(tiny_home) == uninterrupted
    _, runs = mlflow_runs(tiny_home)
    assert [len(same) for same in runs.values()] == [1] * (len(uninterrupted) + 1)
    assert {run.info.status for (run,) in runs.values()} == {"FINISHED"}


@pytest.fixture(scope="module")
def recorded(finished_home):
    """MLflow's client, the run of the study, and those of its trials by number."""
    client, runs = mlflow_runs(finished_home)
    uid = history_in(finished_home).opened.uid
    (parent,) = runs.pop(uid)
    return client, parent, {int(key.rpartition("/")[2]): run for key, (run,) in runs.items()}


def test_mlflow_has_every_trial_once_with_its_score(recorded, finished_home):
    _, parent, trials = recorded
    results = history_in(finished_home).results
    assert trials.keys() == results.keys()
    for number, run in trials.items():
        assert run.data.metrics["score"] == pytest.approx(results[number].score, rel=1e-5)
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert (run.info.status, run.data.params["ab_weight"]) == (
            "FINISHED", str(results[number].trial.weights["ab_weight"])
        )  # fmt: skip


CURVES = (
    *("loss/perceptual", "loss/l_luminance", "loss/ab_chrominance", "loss/saturation"),
    *("share/perceptual", "share/ab_chrominance", "heldout/score"),
)


def test_mlflow_has_the_curves_of_every_trial(recorded):
    client, _, trials = recorded
    for run, curve in product(trials.values(), CURVES):
        points = client.get_metric_history(run.info.run_id, curve)
        steps = [point.step for point in points]
        assert steps == sorted(set(steps))
        assert steps[-1] == 4
        assert len(steps) >= 4


def test_a_start_without_color_stops_the_study_until_it_is_told_to_go_on(tiny_home):
    demanding = [word.replace("learned_color=0", "learned_color=0.9") for word in TINY]
    refused = tuner(tiny_home, "run", *demanding, "--no-record")
    assert refused.returncode == 1
    assert "the start weights have not learned color yet: after 8 steps" in refused.stderr
    assert "--yes" in refused.stderr
    assert told(tiny_home, "trial finished") == 2
    assert told(tiny_home, "study finished") == 0
    went_on = tuner(tiny_home, "run", *demanding, "--no-record", "--yes")
    assert went_on.returncode == 0, went_on.stderr
    assert told(tiny_home, "baseline finished") == 1
    assert told(tiny_home, "study finished") == 1
