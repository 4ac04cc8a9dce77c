import pytest
from tiny_study import wait_until

from tuner.distributed import registry as rolls
from tuner.distributed.database import Database
from tuner.distributed.leases import RECORD, Lease, Leases, trial_lease, trial_of
from tuner.distributed.overview import read_overview
from tuner.distributed.registry import WorkerRegistry
from tuner.distributed.studies import StudyRegistry
from tuner.errors import StorageError


def dead_for(*names):
    """A roll on which some are dead."""

    class Seen(WorkerRegistry):
        dead = frozenset(names)

    return Seen


def leases_of(database, name, *dead):
    return Leases(database, "sepia", dead_for(*dead)(database, name))


def test_what_is_claimed_has_a_name():
    assert trial_of(trial_lease(17)) == 17
    assert trial_of(RECORD) is None
    assert trial_of("trial 3 of another version") is None


def test_what_one_has_another_cannot_take(database):
    one, other = leases_of(database, "one"), leases_of(database, "other")
    assert one.try_to_take(RECORD)
    assert one.try_to_take(RECORD)
    assert not other.try_to_take(RECORD)
    one.release([RECORD])
    assert other.try_to_take(RECORD)
    one.release([RECORD])
    one.close([RECORD])
    assert one.held()[RECORD].worker == "other"


def test_open_trials_are_free_until_a_living_worker_has_them(database):
    one, other = leases_of(database, "one"), leases_of(database, "other")
    one.open([4, 2])
    assert one.free(one.held()) == [2, 4]
    one.take("trial 2")
    assert other.free(other.held()) == [4]
    assert one.free(one.held()) == [2, 4]
    later = leases_of(database, "later", "one")
    assert later.free(later.held()) == [2, 4]


def test_what_is_open_stays_as_it_is(database):
    one = leases_of(database, "one")
    one.open([1])
    one.take("trial 1")
    one.open([1, 2])
    assert {what: lease.worker for what, lease in one.held().items()} == {
        "trial 1": "one", "trial 2": "",
    }  # fmt: skip


def test_a_trial_that_is_done_is_leased_by_no_worker(database):
    one = leases_of(database, "one")
    one.take("trial 1")
    leases_of(database, "two").close(["trial 1"])
    assert one.held().keys() == {"trial 1"}
    one.close(["trial 1"])
    assert one.held() == {}


def test_deaths_of_workers_with_a_trial_are_counted(database):
    assert leases_of(database, "one").take("trial 3") == 0
    assert leases_of(database, "two", "one").take("trial 3") == 1
    assert leases_of(database, "three", "one", "two").take("trial 3") == 2
    assert leases_of(database, "three").take("trial 3") == 2


def test_what_is_handed_back_has_no_deaths(database):
    one = leases_of(database, "one")
    one.take("trial 3")
    one.release(["trial 3"])
    assert leases_of(database, "two").take("trial 3") == 0


def test_a_worker_that_leaves_hands_everything_back(database):
    registry = WorkerRegistry(database, "one")
    with registry.entered():
        Leases(database, "sepia", registry).take("trial 3")
    assert leases_of(database, "two").held() == {"trial 3": Lease("", 0)}


def test_the_board_tells_where_studies_stand_that_are_not_finished(database):
    submissions = StudyRegistry(database)
    for name in ("sepia", "gray", "neon"):
        submissions.leave(name, {}, {}, anyway=False)
    sepia, gray, neon = submissions.all()
    submissions.mark(gray, "stopped")
    submissions.mark(neon, "finished")
    Leases(database, sepia.uid, WorkerRegistry(database, "one")).take("trial 3")
    board = read_overview(database)
    assert [(name, one.state, one.uid, one.version, one.latest) for name, one in board.items()] == [
        ("sepia", "open", sepia.uid, 1, 0), ("gray", "stopped", gray.uid, 1, 0),
    ]  # fmt: skip
    assert board["sepia"].held["trial 3"].worker == "one"
    assert board["gray"].held == {}


def test_a_worker_seen_long_ago_on_another_machine_is_no_obstacle(tmp_path, monkeypatch):
    database = Database(f"sqlite:///{tmp_path / 'shared.db'}")
    database.create(lambda: None)
    monkeypatch.setattr(rolls, "time", lambda: 1000.0)
    WorkerRegistry(database)._enter()
    monkeypatch.setattr(rolls.socket, "gethostname", lambda: "elsewhere")
    monkeypatch.setattr(rolls, "time", lambda: 1100.0)
    with WorkerRegistry(database).entered():
        pass
    database.close()


def test_what_failed_with_a_bug_counts_as_a_death(database):
    one = leases_of(database, "one")
    one.take("trial 3")
    one.release(["trial 3"], died=True)
    assert one.held()["trial 3"] == Lease("", 1)
    assert leases_of(database, "two").take("trial 3") == 1


def test_a_file_is_shared_on_one_machine_only(tmp_path, monkeypatch):
    database = Database(f"sqlite:///{tmp_path / 'shared.db'}")
    database.create(lambda: None)
    with WorkerRegistry(database).entered():
        monkeypatch.setattr(rolls.socket, "gethostname", lambda: "elsewhere")
        with pytest.raises(StorageError) as refusal, WorkerRegistry(database).entered():
            pass
    assert "SQLite's locks hold on one machine only" in str(refusal.value)


def test_hands_are_workers_that_train(database):
    with (
        WorkerRegistry(database, "one").entered(),
        WorkerRegistry(database, "pen", trains=False).entered(),
    ):
        other = WorkerRegistry(database, "two")
        with other.entered():
            assert other.living == {"one", "two"}


def test_a_worker_removed_during_an_outage_comes_back(database):
    registry = WorkerRegistry(database, "one")
    with registry.entered():
        WorkerRegistry(database, "one")._leave()
        assert WorkerRegistry(database, "two").living == {"two"}
        registry._beat()
        seen = WorkerRegistry(database, "two")
        seen._watch()
        assert seen.living == {"one", "two"}


def test_dead_workers_without_leases_are_removed(database):
    with WorkerRegistry(database, "gone").entered():
        leases_of(database, "gone").take("trial 3")
        watcher = dead_for("gone")(database, "two")
        watcher._watch()
        assert watcher._living == {"gone"}
        leases_of(database, "two", "gone").take("trial 3")
        watcher._watch()
        watcher._watch()
        assert watcher._living == set()


def test_a_heart_goes_on_beating_whatever_happens(database, monkeypatch):
    beats = []

    def stumble(_registry):
        beats.append(1)
        if len(beats) == 1:
            raise AttributeError("partially initialized module")

    monkeypatch.setattr(WorkerRegistry, "_beat", stumble)
    registry = WorkerRegistry(database, "one", heartbeat=0.01)
    with registry.entered():
        wait_until(lambda: len(beats) > 3, "a heartbeat")
