import pytest
from small_photos import fill_wide
from workers import left, small_study, table_of

from tuner.distributed.database import Database
from tuner.distributed.journal_table import events_of
from tuner.distributed.studies import StudyRegistry
from tuner.distributed.submit import create_tables, open_database
from tuner.errors import StorageError, StudyChanged, StudyFileError
from tuner.runner.run import run_study
from tuner.spec.study import StudySpec


def test_a_submitted_study_is_opened_in_its_journal(database, workspace):
    submission = left(small_study(), database, workspace)
    [opened] = events_of(table_of(database).read())
    assert (opened.study, opened.uid) == ("small", submission.uid)
    assert StudySpec.model_validate(submission.spec) == small_study()


def test_submitted_again_it_goes_on(database, workspace):
    first = left(small_study(), database, workspace)
    StudyRegistry(database).mark(first, "stopped", "why")
    second = left(small_study(budget={"max_trials": 80}), database, workspace)
    assert (second.uid, second.state) == (first.uid, "open")
    assert second.spec["budget"]["max_trials"] == 80
    assert len(table_of(database).read()) == 1


def test_other_settings_are_refused_with_what_changed(database, workspace):
    left(small_study(), database, workspace)
    with pytest.raises(StudyChanged) as refusal:
        left(small_study(seed=4), database, workspace)
    assert str(refusal.value).startswith("'small' was submitted with other settings (seed: 0 -> 4)")
    assert "--set study=small-2" in str(refusal.value)
    with pytest.raises(StudyChanged, match="'small' was submitted without --quick and goes on"):
        left(small_study(preset="quick"), database, workspace)
    assert left(small_study(seed=4), database, workspace, restart=True).spec["seed"] == 4


def test_a_finished_study_goes_on_with_more_to_try(database, workspace):
    first = left(small_study(), database, workspace)
    StudyRegistry(database).mark(first, "finished")
    wider = small_study(cycles=2)
    again = left(wider, database, workspace)
    assert (again.uid, again.state) == (first.uid, "open")
    assert len(again.spec["earlier"]) == 1
    StudyRegistry(database).mark(again, "finished")
    assert left(wider, database, workspace).state == "finished"


def test_a_study_that_contradicts_itself_is_refused(database, workspace):
    with pytest.raises(StudyFileError):
        left(small_study(budget={"max_trials": 3}), database, workspace)
    assert StudyRegistry(database).all() == []


def test_trials_of_another_program_are_not_touched(tmp_path, workspace):
    url = f"sqlite:///{tmp_path / 'tuner.db'}"
    run_study(small_study(), lambda trials: [1.0] * len(trials), tmp_path)
    with Database(url) as database:
        create_tables(database)
        with pytest.raises(StudyChanged, match="holds trials of 'small' that were not submitted"):
            left(small_study(), database, workspace)


def test_the_photos_it_has_to_be_trained_with_are_told_by_their_digest(
    database, workspace, tmp_path
):
    spec = StudySpec(
        study="photos",
        data={"photos": str(fill_wide(tmp_path / "photos", range(5))), "image_size": 32},
        weights={"ab_weight": 1.0},
        stages=({"vary": "ab_weight", "values": [2.0]},),
    )
    submission = left(spec, database, workspace)
    assert len(submission.facts["photos"]) > 8
    elsewhere = spec.model_copy(
        update={"data": spec.data.model_copy(update={"photos": str(tmp_path / "mounted")})}
    )
    again = left(elsewhere, database, workspace)
    assert again.facts == submission.facts


def test_photos_that_lie_with_the_workers_are_no_obstacle(database, workspace, tmp_path):
    spec = small_study(data={"photos": str(tmp_path / "nowhere")})
    assert left(spec, database, workspace).facts == {}


def test_a_server_without_tables_is_refused_and_a_file_gets_them(postgres, tmp_path):
    with pytest.raises(StorageError, match="has no tables of the tuner yet"):
        open_database(postgres.create_database("bare"), print)
    with open_database(f"sqlite:///{tmp_path / 'new.db'}", print) as database:
        assert StudyRegistry(database).all() == []
