import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from sample_study import opened, record, ticking, trial, whole_study

from tuner.errors import StorageError, StudyNotFound, masking
from tuner.journal.journal_file import JournalFile
from tuner.results.events import PictureTaken, TrialStarted
from tuner.tracking.environment import PATIENCE, limit_timeouts, logging_to
from tuner.tracking.forwarder import _lives, follow_until_parent_ends, forward
from tuner.tracking.leaderboard import leaderboard_path
from tuner.tracking.sync_state import last_report, state_path
from tuner.tracking.unavailable import TrackingUnavailable, tracking_unavailable

EVENTS = list(whole_study())
KILLED_AT = next(i for i, e in enumerate(EVENTS) if e == TrialStarted(trial=trial(1, seed=1))) + 3


def once():
    return False


def client(uri):
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=uri)


def runs_of(uri):
    from mlflow.entities import ViewType

    server = client(uri)
    ids = [e.experiment_id for e in server.search_experiments() if e.name == "sepia-fix"]
    found = server.search_runs(ids, run_view_type=ViewType.ALL) if ids else []
    return {run.info.run_name: run for run in found}


def seen(uri):
    """Everything that a store says about a study, but for the ids it chose itself."""
    server, ids = client(uri), {}
    for name, run in runs_of(uri).items():
        ids[run.info.run_id] = name
    return {name: _seen(server, run, ids) for name, run in runs_of(uri).items()}


def _seen(server, run, ids):
    tags = {key: _named(value, ids) for key, value in run.data.tags.items()}
    history = {
        key: [
            (m.step, m.timestamp, m.value) for m in server.get_metric_history(run.info.run_id, key)
        ]
        for key in run.data.metrics
    }
    files = [
        file.path.partition("+")[0] + "+".join(file.path.split("+")[1:5])
        for folder in ("", "images", "figures")
        for file in server.list_artifacts(run.info.run_id, folder or None)
    ]
    times = (run.info.start_time, run.info.end_time or None)
    return run.info.status, times, dict(run.data.params), tags, history, sorted(files)


def _named(text, ids):
    for run_id, name in ids.items():
        text = text.replace(run_id, name)
    return text


@pytest.fixture
def sent(kept_study, tmp_path, monkeypatch):
    """A whole study in a store, to do with as a test likes: folder, store and report."""
    kept, kept_uri, report = kept_study
    monkeypatch.chdir(tmp_path)
    folder = Path(shutil.copytree(kept, tmp_path / "study"))
    uri = f"sqlite:///{shutil.copy(kept_uri.removeprefix('sqlite:///'), tmp_path / 'store.db')}"
    state_path(folder, kept_uri).rename(state_path(folder, uri))
    return folder, uri, report


@pytest.fixture
def away(monkeypatch):
    """The address of a server that is not there, and little patience."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_a_study_is_one_parent_with_one_run_for_each_trial(kept_study):
    _, uri, report = kept_study
    runs = runs_of(uri)
    parent = runs.pop("study sepia-fix")
    assert sorted(runs)[3:8] == [
        "03 perceptual_weight=0.3", "04 perceptual_weight=0.5", "05 ab_weight=3.0",
        "06 ab_weight=4.0", "07 ab_weight=4.0, seed 1",
    ]  # fmt: skip
    assert {run.data.tags["mlflow.parentRunId"] for run in runs.values()} == {parent.info.run_id}
    assert (report.sent, report.pending, report.problem) == (len(EVENTS), 0, "")
    assert report.parent_run_id == parent.info.run_id


def test_states_and_reasons_are_told_truthfully(kept_study):
    runs = runs_of(kept_study[1])
    diverged, rejected = runs["04 perceptual_weight=0.5"], runs["05 ab_weight=3.0"]
    assert (diverged.info.status, rejected.info.status) == ("FAILED", "FINISHED")
    assert diverged.data.tags["tuner.reason"] == "the loss became NaN at step 150"
    assert rejected.data.tags["tuner.state"] == "rejected"
    assert "score" not in diverged.data.metrics


def test_parameters_are_the_weights_as_short_texts(kept_study):
    params = runs_of(kept_study[1])["06 ab_weight=4.0"].data.params
    assert params == {
        "perceptual_weight": "0.3", "l_weight": "1.0", "ab_weight": "4.0",
        "saturation_weight": "0.1",
    }  # fmt: skip


def test_curves_have_steps_and_the_times_of_the_journal(kept_study):
    server, run = client(kept_study[1]), runs_of(kept_study[1])["00 baseline, seed 0"]
    history = server.get_metric_history(run.info.run_id, "loss/total")
    assert [(m.step, m.value) for m in history] == [(100, 0.01), (200, 0.005), (300, 0.00333333)]
    assert run.info.start_time < history[0].timestamp < run.info.end_time


def test_pictures_are_there_at_step_zero_and_at_the_end(kept_study):
    server, run = client(kept_study[1]), runs_of(kept_study[1])["00 baseline, seed 0"]
    paths = [file.path for file in server.list_artifacts(run.info.run_id, "images")]
    assert sum("samples+step+0+" in path for path in paths) == 2
    assert sum("samples+step+300+" in path for path in paths) == 2
    assert run.data.tags["mlflow.loggedImages"] == "True"


def test_pictures_of_a_run_are_listed_once_where_another_process_made_it(
    tmp_path, new_store, monkeypatch
):
    from mlflow.tracking import MlflowClient

    asked, uri = [], new_store()
    list_artifacts = MlflowClient.list_artifacts

    def listed(self, run_id, path=None):
        asked.append(run_id)
        return list_artifacts(self, run_id, path)

    pictures = [
        PictureTaken(number=0, step=step, name="samples", path="pictures/strip.png")
        for step in (0, 100, 200)
    ]
    folder = record(tmp_path / "study", [opened(), TrialStarted(trial=trial(0)), *pictures])
    monkeypatch.setattr(MlflowClient, "list_artifacts", listed)
    assert (forward(folder, uri, once).pending, asked) == (0, [])
    state_path(folder, uri).unlink()  # as if killed before it was written
    before = seen(uri)
    asked.clear()
    assert forward(folder, uri, once).pending == 0
    assert len(asked) == 1
    assert seen(uri) == before


def test_a_picture_arrives_byte_for_byte_with_a_small_copy(kept_study, tmp_path):
    folder, uri, _ = kept_study
    server, run = client(uri), runs_of(uri)["00 baseline, seed 0"]
    written = (folder / "pictures" / "strip.png").read_bytes()
    listed = server.list_artifacts(run.info.run_id, "images")
    whole = next(file.path for file in listed if file.path.endswith(".png"))
    for path in (whole, "figures/samples.png"):
        arrived = server.download_artifacts(run.info.run_id, path, str(tmp_path))
        assert Path(arrived).read_bytes() == written
    small = next(file.path for file in listed if file.path.endswith(".webp"))
    with Image.open(server.download_artifacts(run.info.run_id, small, str(tmp_path))) as copy:
        assert copy.format == "WEBP"


def test_the_parent_holds_study_file_and_best_weights(kept_study):
    _, uri, report = kept_study
    server = client(uri)
    files = {file.path for file in server.list_artifacts(report.parent_run_id)}
    assert {"best.yaml", "provenance.yaml", "study.yaml"} <= files
    note = runs_of(uri)["study sepia-fix"].data.tags["mlflow.note.content"]
    assert f"run_uuid={report.parent_run_id}" in note


def test_the_experiment_has_the_leaderboard_and_the_link_to_it(kept_study):
    _, uri, report = kept_study
    tags = client(uri).get_experiment(report.experiment_id).tags
    assert json.loads(tags["mlflow.sharedViewState.leaderboard"])["name"] == "Leaderboard"
    assert tags["mlflow.note.content"].startswith("Confirmed on 5 fresh seeds")
    assert report.link_path == f"/{leaderboard_path(report.experiment_id)}"


def test_sending_again_changes_nothing(sent):
    folder, uri, _ = sent
    before = seen(uri)
    assert forward(folder, uri, once).sent == 0
    assert seen(uri) == before


@pytest.mark.parametrize("text", ["not json", '{"version": 2}'])
def test_a_state_file_that_cannot_be_used_changes_nothing(sent, text):
    folder, uri, _ = sent
    before = seen(uri)
    state_path(folder, uri).write_text(text)
    assert forward(folder, uri, once).sent == len(EVENTS)
    assert seen(uri) == before


def test_a_second_store_becomes_equal_to_the_first(kept_study, new_store):
    folder, uri, _ = kept_study
    second = new_store()
    assert forward(folder, second, once).sent == len(EVENTS)
    assert seen(second) == seen(uri)


def test_a_store_that_was_thrown_away_is_filled_again(sent, empty_database):
    folder, uri, _ = sent
    before = seen(uri)
    from mlflow.tracking import MlflowClient

    experiment = MlflowClient(uri).get_experiment_by_name("sepia-fix").experiment_id
    client(uri).rename_experiment(experiment, "put away")
    assert forward(folder, uri, once).sent == len(EVENTS)
    assert seen(uri) == before


def test_sent_in_pieces_a_study_is_the_same_in_the_end(kept_study, tmp_path, new_store):
    pieces, clock, steps = new_store(), ticking(), (9, 10, 40)
    folder = record(tmp_path / "pieces", EVENTS[: steps[0]], clock)
    for start, end in zip(steps, (*steps[1:], len(EVENTS)), strict=True):
        forward(folder, pieces, once)
        with JournalFile(folder, clock) as journal:
            for event in EVENTS[start:end]:
                journal.append(event)
    forward(folder, pieces, once)
    assert seen(pieces) == seen(kept_study[1])


def test_what_a_kill_left_open_is_marked_and_taken_up_in_the_same_run(tmp_path, new_store):
    uri, clock = new_store(), ticking()
    folder = record(tmp_path / "study", EVENTS[:KILLED_AT], clock)
    forward(folder, uri, once)
    left = runs_of(uri)["01 baseline, seed 1"]
    assert (left.info.status, left.data.tags["tuner.state"]) == ("KILLED", "interrupted")
    assert runs_of(uri)["study sepia-fix"].info.status == "KILLED"

    with JournalFile(folder, clock) as journal:
        journal.append(opened())
        journal.append(TrialStarted(trial=trial(1, seed=1)))
    during = []

    def watch():
        during.append(runs_of(uri))
        return len(during) < 2

    forward(folder, uri, watch, wait=lambda _: None)
    again = during[-1]["01 baseline, seed 1"]
    assert (again.info.run_id, again.info.status) == (left.info.run_id, "RUNNING")
    assert not again.info.end_time
    assert during[-1]["study sepia-fix"].info.status == "RUNNING"

    with JournalFile(folder, clock) as journal:
        for event in EVENTS[KILLED_AT:]:
            journal.append(event)
    forward(folder, uri, once)
    assert {run.info.status for run in runs_of(uri).values()} == {"FINISHED", "FAILED"}
    assert len(runs_of(uri)) == 11


def test_a_server_that_is_away_is_reported_and_nothing_is_lost(
    study_folder, away, new_store, monkeypatch
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", away)
    report = forward(study_folder, None, once)
    assert (report.sent, report.pending) == (0, len(EVENTS))
    assert report.problem.startswith(f"MLflow at {away} does not take the record: ")
    assert last_report(study_folder) == report
    assert forward(study_folder, new_store(), once).pending == 0
    assert last_report(study_folder) == report, "what another store has says nothing of this one"


def test_while_it_follows_it_tries_again_with_longer_and_longer_pauses(study_folder, away):
    slept, tries = [], []

    def follow():
        tries.append(len(slept))
        return len(slept) < 100

    forward(study_folder, away, follow, wait=slept.append)
    assert set(slept) == {0.25}
    assert len(slept) == 100  # 6 s, then 12 s, and the rest of 24 s until it is over


def test_new_entries_are_sent_as_they_come(tmp_path, new_store):
    uri, clock = new_store(), ticking()
    folder = record(tmp_path / "study", EVENTS[:1], clock)
    journal, left = JournalFile(folder, clock), EVENTS[1:10]

    def follow():
        if left:
            journal.append(left.pop(0))
        return bool(left)

    report = forward(folder, uri, follow, wait=lambda _: None)
    journal.close()
    assert (report.sent, report.pending) == (10, 0)
    assert len(runs_of(uri)) == 3


def test_before_a_study_is_opened_there_is_nothing_to_send(tmp_path, new_store):
    with JournalFile(tmp_path):
        report = forward(tmp_path, new_store(), once)
    assert report == type(report)(0, 0, None, None, None, "")
    assert last_report(tmp_path) is None


def test_two_forwarders_do_not_send_at_once(tmp_path, new_store):
    folder, uri, others = record(tmp_path / "study", EVENTS[:1]), new_store(), []

    def send_as_well(_seconds):
        others.append(forward(folder, uri, once))

    forward(folder, uri, lambda: not others, wait=send_as_well)
    assert [o.problem for o in others] == ["another process is sending the record of this study"]


def test_a_run_that_was_deleted_in_mlflow_stays_deleted(sent):
    folder, uri, report = sent
    gone = runs_of(uri)["00 baseline, seed 0"].info.run_id
    client(uri).delete_run(gone)
    client(uri).delete_run(report.parent_run_id)
    for state in folder.glob("mlflow-*.json"):
        state.unlink()
    assert forward(folder, uri, once).problem == ""
    assert client(uri).get_run(gone).info.lifecycle_stage == "deleted"
    assert len(runs_of(uri)) == 11


def test_runs_that_were_removed_for_good_are_sent_again(sent):
    folder, uri, _ = sent
    before, names = seen(uri), ["00 baseline, seed 0", "05 ab_weight=3.0"]
    store = client(uri)._tracking_client.store
    for run in [run for name, run in runs_of(uri).items() if name in names]:
        store._hard_delete_run(run.info.run_id)
    assert len(runs_of(uri)) < len(before)
    assert forward(folder, uri, once).problem == ""
    assert seen(uri) == before


def test_a_deleted_experiment_is_reported_with_its_cure(sent):
    folder, uri, report = sent
    client(uri).delete_experiment(report.experiment_id)
    problem = forward(folder, uri, once).problem
    assert problem == (
        "the experiment 'sepia-fix' was deleted in MLflow; "
        f"'mlflow experiments restore -x {report.experiment_id}' brings it back"
    )


def test_a_picture_that_is_gone_holds_up_nothing(tmp_path, new_store):
    folder = record(tmp_path / "study", EVENTS)
    (folder / "pictures" / "strip.png").unlink()
    assert forward(folder, new_store(), once).pending == 0
    assert "strip.png: left out" in (folder / "mlflow.log").read_text()


def test_the_best_trials_picture_stands_in_for_the_studys(tmp_path, new_store):
    uri = new_store()
    events = [e for e in EVENTS if not (isinstance(e, PictureTaken) and e.number == -1)]
    forward(record(tmp_path / "study", events), uri, once)
    runs = runs_of(uri)
    best = runs["09 confirm best weights, seed 10"].info.run_id
    assert f"run_uuid={best}" in runs["study sepia-fix"].data.tags["mlflow.note.content"]


def test_more_numbers_than_mlflow_takes_at_once_all_arrive(tmp_path, new_store):
    uri = new_store()
    from tuner.results.events import CurvePoint

    points = [CurvePoint(number=0, step=s, values={"a": s, "b": s}) for s in range(1200)]
    events = [opened(), TrialStarted(trial=trial(0)), *points]
    forward(record(tmp_path / "study", events), uri, once)
    run = runs_of(uri)["00 baseline, seed 0"]
    assert len(client(uri).get_metric_history(run.info.run_id, "a")) == 1200


def test_without_an_address_mlflows_own_default_is_used(new_store, tmp_path, monkeypatch):
    uri, folder = new_store(), record(tmp_path / "study", EVENTS[:3])
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    Path(uri.removeprefix("sqlite:///")).rename(tmp_path / "mlflow.db")
    forward(folder, None, once)
    assert len(runs_of(f"sqlite:///{tmp_path}/mlflow.db")) == 2


def test_a_study_that_does_not_exist_is_not_found(tmp_path):
    with pytest.raises(StudyNotFound, match="there is no such study"):
        forward(tmp_path / "nothing", None, once)


def test_mlflows_chatter_goes_into_a_file(tmp_path, new_store, capfd):
    folder = record(tmp_path / "study", EVENTS[:3])
    forward(folder, f"sqlite:///{tmp_path}/fresh.db", once)
    assert capfd.readouterr() == ("", "")
    assert "Creating initial MLflow database tables" in (folder / "mlflow.log").read_text()


def test_a_folder_that_cannot_hold_the_chatter_is_named(tmp_path):
    (tmp_path / "mlflow.log").mkdir()
    with pytest.raises(StorageError, match=r"mlflow\.log: cannot be written \(Is a directory\)"):
        forward(tmp_path, None, once)


def test_a_state_that_cannot_be_read_is_named(tmp_path, new_store):
    uri = new_store()
    state_path(tmp_path, uri).mkdir()
    with pytest.raises(StorageError, match=r"\.json: cannot be read \(Is a directory\)"):
        forward(tmp_path, uri, once)


def test_passwords_are_not_told():
    uri = "http://me:geheim@host:5000"
    masking.register(uri)
    with pytest.raises(TrackingUnavailable) as told, tracking_unavailable(uri):
        raise OSError(f"no route to {uri}/api, with user me and password geheim")
    assert str(told.value) == (
        "MLflow at http://***@host:5000 does not take the record: no route to "
        "http://***@host:5000/api, with user me and password ***"
    )


@pytest.mark.parametrize("child", [True, False])
def test_this_process_lives(child):
    assert _lives(os.getppid(), child=child)
    assert _lives(1, child=False)


def test_the_users_patience_is_not_overridden(monkeypatch):
    for name in PATIENCE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "77")
    limit_timeouts()
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "77"
    assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "2"


def test_it_ends_when_the_training_process_is_gone(tmp_path, new_store):
    folder, uri = record(tmp_path / "study", EVENTS[:-1]), new_store()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert follow_until_parent_ends(folder, uri, gone.pid).pending == 0
    assert runs_of(uri)["study sepia-fix"].info.status == "KILLED"


def test_as_a_program_it_sends_everything_and_says_nothing(tmp_path, new_store):
    uri, study_folder = new_store(), record(tmp_path / "study", [*EVENTS[:3], EVENTS[-1]])
    command = [sys.executable, "-m", "tuner.tracking.program", study_folder, str(os.getpid()), uri]
    run = subprocess.run(command, capture_output=True, check=True)
    assert (run.stdout, run.stderr) == (b"", b"")
    assert len(runs_of(uri)) == 2


def test_the_chatter_of_others_is_left_alone(tmp_path):
    import logging

    before = logging.getLogger("mlflow").handlers
    with logging_to(tmp_path / "log"):
        logging.getLogger("mlflow").warning("hm")
    assert logging.getLogger("mlflow").handlers == before
    assert "WARNING mlflow: hm" in (tmp_path / "log").read_text()
