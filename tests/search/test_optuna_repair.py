import shutil
from pathlib import Path

import pytest
from database_damage import cut_in_half, execute, overwritten, replaced_by_text, write_back

from tuner.journal.history_builder import read_history
from tuner.runner.run import run_study
from tuner.search.optuna_database import sqlite_url
from tuner.search.optuna_repair import JournalTrials, open_study_as_in
from tuner.spec.study import StudySpec

SPEC = StudySpec(
    study="small",
    weights={"ab": 1.0},
    stages=({"vary": "ab", "values": [2.0, 3.0]},),
    repeats={"baseline": 2, "decide": 2, "confirm": 2},
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The database of a finished study, and what its journal has."""
    home = tmp_path_factory.mktemp("finished")
    run_study(SPEC, lambda trials: [t.weights["ab"] + t.seed / 100 for t in trials], home)
    history = read_history(home / "tuner-runs" / "small")
    write_back(home / "tuner.db")
    return home / "tuner.db", JournalTrials(history.trials, history.results)


@pytest.fixture
def opened(finished, tmp_path):
    """Opens a damaged copy of the database: the trials that are left, and what is said."""

    def open_after(damage):
        file, journal = finished
        copy, said = Path(shutil.copy(file, tmp_path)), []
        damage(copy)
        study = open_study_as_in(journal, sqlite_url(copy), "small", said.append)
        return study.trials, said

    return open_after


def test_a_sound_database_is_taken_as_it_is(opened, finished):
    trials, said = opened(lambda _file: None)
    assert (len(trials), said) == (len(finished[1].results), [])


@pytest.mark.parametrize(
    "damage",
    [
        replaced_by_text,
        cut_in_half,
        overwritten,
        execute("UPDATE trials SET state = 'UNKNOWN' WHERE number = 3"),
        execute("UPDATE trials SET number = 2 WHERE number = 3"),
        execute("UPDATE trials SET state = 'FAIL' WHERE number = 3"),
        execute("DELETE FROM trials WHERE number = 3"),
        execute("DELETE FROM trial_values"),
        execute("UPDATE trial_values SET value = value + 1e-9 WHERE trial_id = 4"),
        execute("UPDATE trial_params SET param_value = 7 WHERE trial_id = 4"),
        execute("UPDATE trial_params SET distribution_json = '{}' WHERE trial_id = 4"),
        execute("UPDATE trial_user_attributes SET value_json = '{' WHERE trial_id = 4"),
        execute("UPDATE trial_user_attributes SET value_json = '7' WHERE trial_id = 4"),
        execute("UPDATE trial_user_attributes SET value_json = CAST(X'FFFE' AS TEXT)"),
        execute("DELETE FROM trial_user_attributes"),
        execute("DROP TABLE trial_values"),
    ],
)
def test_a_damaged_database_is_emptied_and_said(opened, tmp_path, damage):
    trials, (sentence,) = opened(damage)
    assert trials == []
    assert sentence.startswith(f"{tmp_path}/tuner.db was damaged (")
    assert "the trials of 'small' are written again from the journal" in sentence
