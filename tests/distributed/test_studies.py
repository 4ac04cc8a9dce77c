import json

import pytest
from sqlalchemy import select

from tuner.distributed.journal_table import JournalTable
from tuner.distributed.studies import StudyRegistry
from tuner.distributed.tables import studies
from tuner.errors import StorageError, StudyChanged, StudyNotFound
from tuner.results import Trial


@pytest.fixture
def submissions(database):
    ticks = iter(range(100))
    return StudyRegistry(database, clock=lambda: float(next(ticks)))


def test_a_study_is_found_as_it_was_left(submissions):
    submissions.leave("sepia", {"seed": 3}, {"photos": "abc"}, anyway=True)
    submission = submissions.get("sepia")
    assert (submission.name, submission.spec, submission.facts) == (
        "sepia",
        {"seed": 3},
        {"photos": "abc"},
    )
    assert (submission.anyway, submission.state, submission.reason, submission.recorded) == (
        True,
        "open",
        "",
        0,
    )
    assert len(submission.uid) == 32


def test_left_again_it_is_open_again_and_keeps_its_identity(submissions):
    submissions.leave("sepia", {"seed": 3}, {}, anyway=False)
    first = submissions.get("sepia")
    submissions.mark(first, "stopped", "the photos are gone")
    assert submissions.get("sepia").reason == "the photos are gone"
    submissions.leave("sepia", {"seed": 4}, {}, anyway=False)
    second = submissions.get("sepia")
    assert (second.uid, second.state, second.reason) == (first.uid, "open", "")
    assert (second.spec, second.version) == ({"seed": 4}, 2)
    submissions.mark(first, "finished")
    assert submissions.get("sepia").state == "open"


def test_those_first_that_were_left_first(submissions):
    for name in ("sepia", "gray", "neon"):
        submissions.leave(name, {}, {}, anyway=False)
    submissions.mark_recorded(submissions.get("gray").uid, 17)
    assert [(o.name, o.recorded) for o in submissions.all()] == [
        ("sepia", 0),
        ("gray", 17),
        ("neon", 0),
    ]


def test_an_unknown_study_is_an_error_with_the_nearest_name(submissions):
    submissions.leave("sepia-fix", {}, {}, anyway=False)
    with pytest.raises(StudyNotFound) as refusal:
        submissions.get("sepia-fxi")
    assert str(refusal.value) == (
        "storage: there is no study 'sepia-fxi' (did you mean 'sepia-fix'?)"
    )


def test_a_removed_study_leaves_nothing(submissions, database):
    submissions.leave("sepia", {}, {}, anyway=False)
    journal = JournalTable(database, submissions.get("sepia").uid, "me")
    journal.keep_file("a.png", b"x")
    submissions.remove("sepia")
    assert submissions.find("sepia") is None
    assert (journal.read(), journal.file("a.png")) == ([], None)


def test_what_is_likely_is_taken_once(submissions):
    submissions.leave("sepia", {}, {}, anyway=False)
    uid = submissions.get("sepia").uid
    trials = [
        Trial(weights={"ab": 1.0}, seed=seed, steps=4, role="confirmation") for seed in (1, 2)
    ]
    submissions.mark_followed(uid, 7, trials)
    assert submissions.followed(uid) == 7
    assert [submissions.take_likely(uid) for _ in range(3)] == [*trials, None]


def test_a_study_that_was_removed_is_missed(submissions):
    submissions.leave("sepia", {}, {}, anyway=False)
    uid = submissions.get("sepia").uid
    submissions.remove("sepia")
    with pytest.raises(StudyChanged, match="not in the storage any more"):
        submissions.followed(uid)
    assert submissions.take_likely(uid) is None


def test_a_likely_trial_of_another_version_is_named_and_stays(submissions, database):
    submissions.leave("sepia", {}, {}, anyway=False)
    uid = submissions.get("sepia").uid
    asked = Trial(weights={"ab": 1.0}, seed=1, steps=1, role="repeat")
    novel = {**asked.model_dump(mode="json"), "novelty": 1}
    for written, reason in ((json.dumps([novel]), "novelty: Extra .+"), ("[7]", ".+dict.+")):
        with database.change() as connection:
            connection.execute(studies.update().values(likely=written))
        told = rf"storage: a trial that .+ of another version of the tuner \({reason}\); this"
        with pytest.raises(StorageError, match=told):
            submissions.take_likely(uid)
        with database.change() as connection:
            assert connection.execute(select(studies.c.likely)).scalar() == written
