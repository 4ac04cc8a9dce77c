import io
import json
import re

import pandas
import pytest
from sample_study import (
    AB,
    AFTER_ONE,
    BEST,
    COMBINED,
    START,
    answered,
    carried,
    opened,
    record,
    study_with_a_combination,
    ticking,
    trial,
    whole_study,
)

from tuner.journal.history_builder import fold, read_history
from tuner.journal.journal_file import Entry
from tuner.reporting.answer import describe_effect
from tuner.reporting.story import describe_stage
from tuner.reporting.tables import status_record, trials_csv, trials_record
from tuner.results import TrialResult
from tuner.results.events import TrialFinished, TrialStarted


@pytest.fixture
def history(study_folder):
    return read_history(study_folder)


def history_of(*events):
    clock = ticking()
    return fold(Entry(event, clock(), 0) for event in events)


def test_a_finished_study_stands_at_its_claim(history):
    status = status_record(history)
    assert (status["study"], status["state"]) == ("sepia-fix", "finished")
    assert (status["trials_finished"], status["trials_most"], status["stages_judged"]) == (
        10,
        12,
        2,
    )
    assert status["incumbent"] == status["best_weights"] == BEST
    assert status["confirmation"]["verdict"] == "better"
    assert status["noise"] == {"sd": 0.03, "degrees": 4, "spread": 0.05, "paired": True}


def test_the_combination_is_there_for_scripts():
    record_of = trials_record(history_of(*study_with_a_combination()))
    assert record_of["combination"]["chosen"] == COMBINED
    assert record_of["combination"]["told"].startswith("Step 3 - Combine: ")
    assert trials_record(history_of(*whole_study()))["combination"] is None


def test_the_claim_is_there_for_scripts_with_both_intervals():
    claim = trials_record(history_of(*list(whole_study())[:-1], carried()))["claim"]
    assert (claim["low"], claim["other_photos"]["low"]) == (pytest.approx(0.15), 0.004)
    assert claim["told"].endswith("as only 8 were there (worse on 3 of them).")
    assert trials_record(history_of(*list(whole_study())[:-1]))["claim"] is None


def test_fewest_changes_and_effects_are_there_for_scripts():
    record_of = trials_record(history_of(*list(whole_study())[:-1], answered()))
    assert record_of["simplification"]["set_back"] == ["perceptual_weight"]
    assert record_of["simplification"]["told"].startswith("Step 3 - Fewest changes: ")
    ab, idle = record_of["effects"]
    assert (ab["as_good"], ab["share"]["value"], ab["told"]) == (
        [3.0, 6.0],
        0.8,
        describe_effect(AB),
    )
    assert (idle["matters"], idle["share"]) == (False, None)
    assert json.loads(json.dumps(record_of, allow_nan=False)) == record_of


def test_a_study_without_these_records_has_none_of_them(history):
    record_of = trials_record(history)
    assert (record_of["simplification"], record_of["effects"]) == (None, [])


def test_an_unfinished_study_stands_at_what_it_has(tmp_path):
    told = list(whole_study())
    judged_one = next(i for i, event in enumerate(told) if event.event == "stage finished") + 1
    status = status_record(read_history(record(tmp_path / "sepia-fix", told[: judged_one + 1])))
    assert (status["state"], status["trials_begun"]) == ("unfinished", [5])
    assert (status["trials_finished"], status["stages_judged"]) == (5, 1)
    assert status["incumbent"] == AFTER_ONE
    assert status["noise"] is status["confirmation"] is status["best_weights"] is None


def test_status_and_trials_are_strict_json(history):
    for told in (status_record(history), trials_record(history)):
        assert json.loads(json.dumps(told, allow_nan=False)) == json.loads(json.dumps(told))


def test_stages_tell_the_story_beside_their_numbers(history):
    stages = trials_record(history)["stages"]
    assert [stage["told"] for stage in stages] == [
        describe_stage(stage) for stage in history.stages
    ]
    assert [stage["chosen"] for stage in stages] == [0.3, 4.0]
    assert stages[0]["comparison"]["verdict"] == "better"


def test_every_trial_is_there_in_order_with_its_weights_and_measures(history):
    trials = trials_record(history)["trials"]
    assert [line["trial"] for line in trials] == list(range(10))
    assert trials[6]["ab_weight"] == 4.0
    assert trials[6]["lpips"] == 0.123456789
    assert (trials[4]["status"], trials[4]["score"]) == ("diverged", None)


def test_a_number_that_is_not_finite_is_none_in_json():
    asked = trial(0)
    odd = TrialResult(
        trial=asked, status="complete", score=1.0, measures={"psnr": float("inf"), "ssim": 0.5}
    )
    (line,) = trials_record(history_of(opened(), TrialFinished(result=odd)))["trials"]
    assert (line["psnr"], line["ssim"]) == (None, 0.5)


def test_the_csv_is_read_back_by_pandas(history):
    table = pandas.read_csv(io.StringIO(trials_csv(history)))
    assert list(table["trial"]) == list(range(10))
    assert set(START) <= set(table.columns)
    scores = [result.score for result in history.results.values()]
    assert table["score"].astype(object).where(table["score"].notna(), None).tolist() == scores
    assert table["reason"][4] == "the loss became NaN at step 150"


def test_the_csv_of_a_study_without_results_has_its_header():
    begun = history_of(opened(), TrialStarted(trial=trial(0)))
    table = pandas.read_csv(io.StringIO(trials_csv(begun)))
    assert len(table) == 0
    assert {"trial", "score", *START} <= set(table.columns)


def test_a_spreadsheet_computes_no_cell_of_the_csv():
    asked = trial(0).model_copy(update={"weights": {"=1+1": -2.0}, "varied": "=1+1"})
    odd = TrialResult(trial=asked, status="diverged", score=None, reason="@SUM(A1)")
    text = trials_csv(history_of(opened(), TrialFinished(result=odd)))
    assert {"'=1+1", "'@SUM(A1)", "-2.0"} <= set(re.split(r"[,\n]", text))
    assert not {"=1+1", "@SUM(A1)"} & set(re.split(r"[,\n]", text))
