import json

import pytest
from sample_study import AFTER_ONE, opened, record, trial, whole_study

from tuner.journal.history_builder import fold, read_history
from tuner.journal.journal_file import Entry, read_entries
from tuner.journal.journals import FileJournal
from tuner.journal.recorder import Recorder
from tuner.reporting.advice_summary import NAMES, describe_advice
from tuner.reporting.page.facts import facts_of
from tuner.reporting.page.render import render_page
from tuner.reporting.tables import status_record
from tuner.results.events import AdviceGiven, TrialStarted
from tuner.tracking.pages import study_note, trial_note


def advice(number, step=75, kind="golden-rule", sentence="the AB loss is small"):
    return AdviceGiven(number=number, step=step, kind=kind, sentence=sentence)


@pytest.fixture
def folder(tmp_path):
    told = [
        advice(0),
        advice(3, kind="ab-small", sentence="far smaller"),
        advice(3, 80, sentence="of the best so far"),
    ]
    events = list(whole_study())
    return record(tmp_path / "tuner-runs" / "sepia-fix", [*events[:-1], *told, events[-1]])


def history_of(*events):
    return fold(Entry(event, 0.0, 0) for event in (opened(), *events))


def test_every_kind_has_a_name():
    assert set(NAMES) == set(AdviceGiven.model_fields["kind"].annotation.__args__)


def test_kinds_are_counted_and_one_trial_is_shown(folder):
    golden_rule = (
        "AB/perceptual ratio outside 2-4 in 2 of 10 trials; trial 00, step 75: the AB loss"
    )
    assert describe_advice(read_history(folder)) == (
        "AB loss far smaller than perceptual in 1 of 10 trials; trial 03, step 75: far smaller.",
        f"{golden_rule} is small.",
    )


def test_a_trial_with_the_best_weights_speaks_for_all():
    trials = (TrialStarted(trial=trial(0, AFTER_ONE)), TrialStarted(trial=trial(1)))
    history = history_of(
        *trials, advice(0, sentence="of another"), advice(1, sentence="of the start")
    )
    assert "trial 01, step 75: of the start." in describe_advice(history)[0]


def test_advice_that_is_told_again_after_a_restart_counts_once():
    history = history_of(TrialStarted(trial=trial(0)), advice(0), advice(0, 99))
    assert [one.step for one in history.advice] == [75]


def test_without_advice_nothing_is_said(study_folder):
    history = read_history(study_folder)
    assert describe_advice(history) == ()
    assert "guide would have said" not in render_page(study_folder, history)


def test_notes_of_mlflow_have_it(folder):
    history = read_history(folder)
    assert "- AB/perceptual ratio outside 2-4 in 2 of 10 trials" in study_note(
        history, "", alive=False
    )
    assert "- Step 75: far smaller." in trial_note(history, 3)
    assert "Step 75" not in trial_note(history, 1)


def test_the_report_has_it(folder):
    history = read_history(folder)
    assert facts_of(history).advice == describe_advice(history)
    page = render_page(folder, history)
    assert "<li>AB/perceptual ratio outside 2-4 in 2 of 10 trials" in page


def test_scripts_have_it(folder):
    [first, *_] = json.loads(json.dumps(status_record(read_history(folder))))["advice"]
    assert first == {
        "number": 0, "step": 75, "kind": "golden-rule", "sentence": "the AB loss is small"
    }  # fmt: skip


def test_what_is_advised_is_told_behind_its_event_and_in_the_journal(tmp_path):
    heard = []

    def advise(event):
        return [advice(0)] if isinstance(event, TrialStarted) else []

    with Recorder(FileJournal(tmp_path), opened(), heard.append, advise=advise) as tell:
        tell(TrialStarted(trial=trial(0)))
    names = ["study opened", "trial started", "advice given"]
    assert [event.event for event in heard] == names
    assert [entry.event.event for entry in read_entries(tmp_path)] == names
