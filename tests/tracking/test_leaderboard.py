import json
import re
from dataclasses import replace

import pytest
from sample_study import BEST, START, opened, record, told, trial, whole_study

from tuner.journal.history_builder import fold, read_history
from tuner.journal.journal_file import Entry
from tuner.tracking.leaderboard import leaderboard_view, weights_label


@pytest.fixture
def history(study_folder):
    return read_history(study_folder)


def state_of(history):
    return json.loads(json.loads(leaderboard_view(history))["state"])


def test_rows_are_sets_of_weights_and_the_best_mean_score_is_first(history):
    state = state_of(history)
    assert (state["orderByKey"], state["orderByAsc"]) == ("metrics.`score`", True)
    assert state["groupBy"] == {
        "aggregateFunction": "average",
        "groupByKeys": [{"mode": "tag", "groupByData": "tuner.weights"}],
    }
    assert "tags.`tuner.study_uid` = '0123456789abcdef'" in state["searchFilter"]


def test_score_gain_weights_and_verdict_are_its_columns_in_this_order(history):
    state = state_of(history)
    weights = [f"params.`{name}`" for name in START]
    assert state["selectedColumns"] == [
        "metrics.`score`", "metrics.`gain`", *weights, "tags.`tuner.verdict`"
    ]  # fmt: skip
    before = state["columnOrder"][: state["columnOrder"].index("metrics.`gain`") + 1]
    assert sum(state["columnWidths"][name] for name in before) <= 480  # of 800, beside the menu


def test_a_number_that_is_maximized_is_its_own_column_and_the_highest_is_first(history):
    objective = {"metric": "psnr (dB)", "direction": "maximize"}
    begun = history.opened.model_copy(update={"spec": {**history.spec, "objective": objective}})
    state = state_of(replace(history, opened=begun))
    assert state["selectedColumns"][0] == state["orderByKey"] == "metrics.`objective/psnr _dB_`"
    assert state["orderByAsc"] is False


def test_groups_begin_folded_with_the_best_first(history):
    folded = state_of(history)["groupsExpanded"]
    assert set(folded.values()) == {False}
    assert next(iter(folded)) == "tag.tuner.weights.better (perceptual=0.3, ab=4.0)"


@pytest.mark.parametrize(
    ("number", "label"),
    [
        (0, "start weights"), (8, "start weights"),
        (4, "diverged (perceptual=0.5)"), (5, "rejected (perceptual=0.3, ab=3.0)"),
        (6, "better (perceptual=0.3, ab=4.0)"), (9, "better (perceptual=0.3, ab=4.0)"),
    ],
)  # fmt: skip
def test_all_seeds_of_a_set_have_one_label(history, number, label):
    assert weights_label(history, number) == label


def test_another_weighting_and_other_lengths_are_other_sets(tmp_path):
    rival = trial(30, START, "rival", seed=10, rival="rlw")
    longer = trial(31, BEST, "finalist", seed=10).model_copy(update={"steps": 600})
    story = [*whole_study(), *told(rival, 1.3), *told(longer, 1.1)]
    told_of = read_history(record(tmp_path, story))
    assert weights_label(told_of, 30) == "random loss weighting"
    assert weights_label(told_of, 31) == "perceptual=0.3, ab=4.0, 600 steps"


def test_the_view_of_a_thousand_sets_fits_into_a_tag():
    """MLflow takes 20,000 characters in a tag of an experiment."""
    tried = [trial(n, {**START, "saturation_weight": n / 7}, seed=n) for n in range(1000)]
    events = [opened(), *(event for one in tried for event in told(one, 1.0 + one.number))]
    history = fold(Entry(event, 100.0, 0) for event in events)
    assert len(leaderboard_view(history)) <= 20_000
    assert re.search(r"saturation=0\.1428571429", leaderboard_view(history))
