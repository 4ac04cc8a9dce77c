from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from threading import Event as Flag

import pytest
from sqlalchemy import select, text
from workers import Evaluations, left, score, serve, serve_together, small_study, table_of

from tuner.distributed import worker as door
from tuner.distributed.context import WorkerContext
from tuner.distributed.journal_table import events_of, results_of
from tuner.distributed.leases import Leases, trial_of
from tuner.distributed.overview import read_overview
from tuner.distributed.registry import WorkerRegistry
from tuner.distributed.shared_study import SharedStudy
from tuner.distributed.studies import StudyRegistry
from tuner.distributed.submit import open_database
from tuner.distributed.tables import leases
from tuner.distributed.worker import Worker, WorkerOptions
from tuner.errors import OutOfMemory, TrainerError
from tuner.journal.workspace import Workspace
from tuner.results.events import StudyFinished
from tuner.runner.run import run_study
from tuner.search.optuna_database import open_storage
from tuner.spec.study import StudySpec


def ending(database, study="small"):
    [finished] = events_of(table_of(database, study).read(kinds=["study finished"]))
    return finished


def decisions(finished: StudyFinished):
    return dict(finished.incumbent_weights), dict(finished.best_weights), finished.confirmation


def of_alone(alone):
    return alone.incumbent_weights, alone.best_weights, alone.confirmation


CONCLUSIONS = ("baseline finished", "stage finished", "combination finished", "study finished")


def test_one_worker_records_what_a_run_alone_records(url, database, workspace, tmp_path):
    """Every result and every conclusion, in the same order; machines and times aside."""
    heard = []
    run_study(small_study(), evaluate=Evaluations(), listen=heard.append)
    left(small_study(), database, workspace)
    serve(url, tmp_path / "w", Evaluations())
    recorded = [*events_of(table_of(database).read())]
    for kinds in (CONCLUSIONS, ("trial finished",)):
        alone, shared = (
            [event.model_dump() for event in events if event.event in kinds]
            for events in (heard, recorded)
        )
        assert shared == alone
        assert len(shared) >= 5
    assert StudyRegistry(database).get("small").state == "finished"


def test_workers_together_find_the_same_and_train_nothing_twice(
    url, database, workspace, tmp_path, alone
):
    left(small_study(), database, workspace)
    evaluate = Evaluations()
    serve_together(4, url, tmp_path, evaluate)
    assert decisions(ending(database)) == of_alone(alone)
    assert max(evaluate.counts.values()) == 1
    results = list(results_of(table_of(database).read()))
    assert sorted(r.trial.number for r in results) == list(range(len(results)))
    kinds = Counter(line.kind for line in table_of(database).read())
    once = ("study opened", "training prepared", "baseline finished", "combination finished")
    assert [kinds[kind] for kind in (*once, "stage finished")] == [1, 1, 1, 1, 2]


def test_optuna_has_what_the_journal_has(url, database, workspace, tmp_path):
    left(small_study(), database, workspace)
    serve_together(2, url, tmp_path, Evaluations())
    storage = open_storage(url)
    trials = storage.get_all_trials(storage.get_study_id_from_name("small"))
    storage.engine.dispose()
    results = {r.trial.number: r.score for r in results_of(table_of(database).read())}
    assert {trial.number: trial.value for trial in trials} == results


def test_several_studies_are_served_in_the_order_they_came(url, database, workspace, tmp_path):
    for name in ("first", "second"):
        left(small_study(name), database, workspace)
    serve(url, tmp_path / "w", Evaluations())
    assert [one.state for one in StudyRegistry(database).all()] == ["finished", "finished"]
    first, second = (
        [line.number for line in table_of(database, name).read(kinds=["trial started"])]
        for name in ("first", "second")
    )
    assert max(first) < min(second)


def test_one_that_is_named_is_served_alone(url, database, workspace, tmp_path):
    for name in ("first", "second"):
        left(small_study(name), database, workspace)
    serve(url, tmp_path / "w", Evaluations(), WorkerOptions("second", until_done=True))
    assert [one.state for one in StudyRegistry(database).all()] == ["open", "finished"]


@pytest.mark.parametrize(
    ("study", "told"),
    [
        (None, "no study is open; waiting (submit one: tuner submit --study NAME)"),
        ("small", "'small' is not open; waiting (submit one: tuner submit --study small)"),
    ],
)
def test_a_worker_without_a_study_says_once_why_it_waits(tmp_path, study, told):
    url, said, looks = f"sqlite:///{tmp_path}/empty.db", [], count()
    open_database(url, said.append).close()
    options = WorkerOptions(study, is_over=lambda: next(looks) > 2)
    serve(url, tmp_path, Evaluations(), options, said.append)
    assert said == [told]


def test_a_stopped_study_is_left_alone_until_it_is_resumed(url, database, workspace, tmp_path):
    left(small_study(), database, workspace)
    StudyRegistry(database).mark(StudyRegistry(database).get("small"), "stopped")
    serve(url, tmp_path / "w", Evaluations())
    assert table_of(database).read(kinds=["trial started"]) == []
    StudyRegistry(database).mark(StudyRegistry(database).get("small"), "open")
    serve(url, tmp_path / "w", Evaluations())
    assert StudyRegistry(database).get("small").state == "finished"


def test_a_trial_that_no_worker_can_train_stops_the_study_with_its_reason(
    url, database, workspace, tmp_path
):
    def refuse(_trials):
        raise TrainerError("train.py: it has no weights")

    left(small_study(), database, workspace)
    said = []
    serve(url, tmp_path / "w", refuse, say=said.append)
    assert said == ["'small' is stopped: train.py: it has no weights"]
    assert StudyRegistry(database).get("small").reason == "train.py: it has no weights"
    assert {lease.worker for lease in read_overview(database)["small"].held.values()} == {""}


def test_start_weights_that_diverge_stop_the_study(url, database, workspace, tmp_path):
    left(small_study(), database, workspace)
    serve(url, tmp_path / "w", Evaluations(lambda _trial: float("nan")))
    assert (
        StudyRegistry(database)
        .get("small")
        .reason.startswith("the start weights diverged on every")
    )


class Killed(BaseException):
    """Stands for a process that ends at once."""


def die_in(database, home, trials_before):
    """A worker that is killed in the middle of a training: nothing is handed back."""
    left_to_do = iter([*range(trials_before), None])

    def evaluate(trials):
        if next(left_to_do) is None:
            raise Killed
        return [score(trial) for trial in trials]

    registry = WorkerRegistry(database)
    registry._enter()
    context = WorkerContext(database, registry, Workspace(home), evaluate=evaluate)
    worker, release = (
        Worker(context, WorkerOptions(until_done=True), print, poll=0.01),
        Leases.release,
    )
    Leases.release = lambda *_, **__: None
    try:
        with pytest.raises(Killed):
            worker.serve()
    finally:
        Leases.release = release
    return registry.name


@pytest.mark.parametrize("before", [0, 17])
def test_the_trial_of_a_dead_worker_is_trained_again_on_its_seed(
    before, url, database, workspace, tmp_path, alone
):
    left(small_study(), database, workspace)
    name = die_in(database, tmp_path / "dead", before)
    held = read_overview(database)["small"].held
    [number] = [trial_of(what) for what, lease in held.items() if lease.worker == name]
    serve(url, tmp_path / "w", Evaluations(), heartbeat=0.02, grace=0.2)
    assert decisions(ending(database)) == of_alone(alone)
    results = [r.trial for r in results_of(table_of(database).read())]
    assert len({(str(sorted(t.weights.items())), t.seed) for t in results}) == len(results)
    assert number in {trial.number for trial in results}
    assert name not in WorkerRegistry(database).living


def test_a_trial_with_which_workers_die_again_and_again_is_given_up(
    url, database, workspace, tmp_path
):
    left(small_study(), database, workspace)
    name = die_in(database, tmp_path / "dead", 0)
    with database.change() as connection:
        connection.execute(leases.update().values(deaths=2))
    assert name
    serve(url, tmp_path / "w", Evaluations(), heartbeat=0.02, grace=0.2)
    lost = [r for r in results_of(table_of(database).read()) if r.status == "diverged"]
    assert [(r.trial.number, r.reason) for r in lost] == [
        (0, "3 workers died while they trained it")
    ]
    assert StudyRegistry(database).get("small").state == "finished"


def test_an_idle_worker_trains_what_will_be_needed(url, database, workspace, tmp_path, alone):
    """Three workers have the whole baseline in their hands; another trains a fresh seed."""
    left(small_study(), database, workspace)
    all_begun, go_on, evaluate = Barrier(4), Flag(), Evaluations()

    def slow(trials):
        if trials[0].role == "baseline":
            all_begun.wait()
            go_on.wait()
        return evaluate(trials)

    with ThreadPoolExecutor(3) as threads:
        slow_ones = [threads.submit(serve, url, tmp_path / str(n), slow) for n in range(3)]
        all_begun.wait()
        with WorkerRegistry(database).entered() as registry:
            context = WorkerContext(
                database, registry, Workspace(tmp_path / "q"), evaluate=evaluate
            )
            study = SharedStudy(StudyRegistry(database).get("small"), context)
            overview = read_overview(database)["small"]
            assert not study.work(overview, ahead=False)
            assert study.work(overview, ahead=True)
            study.close()
            context.close()
        [ahead] = results_of(table_of(database).read())
        go_on.set()
        for task in slow_ones:
            task.result()
    assert (ahead.trial.role, ahead.trial.seed) == ("confirmation", 101)
    assert decisions(ending(database)) == of_alone(alone)
    assert max(evaluate.counts.values()) == 1


def test_a_study_that_is_submitted_afresh_meanwhile_gets_nothing_of_the_old_one(
    url, database, workspace, tmp_path, alone
):
    left(small_study(), database, workspace)
    evaluate, first = Evaluations(), []

    def restart_at_first(trials):
        if not first:
            first.append(trials[0])
            left(small_study(), database, workspace, restart=True)
        return evaluate(trials)

    serve(url, tmp_path / "w", restart_at_first)
    assert decisions(ending(database)) == of_alone(alone)
    key = str((sorted(first[0].weights.items()), first[0].seed))
    assert evaluate.counts[key] == 2
    assert len([*results_of(table_of(database).read())]) == len(alone.results)


def test_a_larger_budget_counts_at_once_and_is_not_undone(url, database, workspace, tmp_path):
    left(small_study(budget={"max_trials": 24}), database, workspace)
    evaluate, first = Evaluations(), []

    def more_at_first(trials):
        if not first:
            first.append(trials[0])
            left(small_study(budget={"max_trials": 60}), database, workspace)
        return evaluate(trials)

    serve(url, tmp_path / "w", more_at_first)
    submission = StudyRegistry(database).get("small")
    assert (submission.state, submission.version) == ("finished", 2)
    assert ending(database).stopped == ""


def test_a_finished_study_goes_on_with_a_larger_budget(url, database, workspace, tmp_path, alone):
    left(small_study(budget={"max_trials": 24}), database, workspace)
    serve(url, tmp_path / "w", Evaluations())
    assert ending(database).stopped
    left(small_study(), database, workspace)
    assert len(table_of(database).read(kinds=["study opened"])) == 2
    serve(url, tmp_path / "w", Evaluations())
    endings = [*events_of(table_of(database).read(kinds=["study finished"]))]
    assert decisions(endings[-1]) == of_alone(alone)
    stages = [event.stage for event in events_of(table_of(database).read(kinds=["stage finished"]))]
    assert tuple(stages[-2:]) == alone.stages


def test_seeds_that_are_added_to_a_finished_claim_are_trained_judged_and_kept(
    url, database, workspace, tmp_path
):
    short = {"combination": 0, "repeats": {"baseline": 2, "decide": 2, "confirm": 2}}
    left(small_study(**short), database, workspace)
    serve(url, tmp_path / "w", Evaluations())
    left(small_study(**short, confirm={"extensions": (1,)}), database, workspace)
    evaluate = Evaluations()
    serve(url, tmp_path / "w", evaluate)
    assert sum(evaluate.counts.values()) == 2
    first, second = events_of(table_of(database).read(kinds=["study finished"]))
    assert (first.confirmation.looks, second.confirmation.looks) == ((2,), (2, 3))
    again = left(small_study(**short), database, workspace)
    assert (again.state, again.version) == ("finished", 2)
    assert len(table_of(database).read(kinds=["study opened"])) == 2


def test_what_does_not_fit_here_is_left_to_others_and_tried_again(
    url, database, workspace, tmp_path, monkeypatch
):
    left(small_study(), database, workspace)
    monkeypatch.setattr(door, "TRY_AGAIN", 0.1)
    evaluate, refused = Evaluations(), []

    def small_device(trials):
        if len(refused) < 2:
            refused.append(trials)
            raise OutOfMemory("a single training does not fit")
        return evaluate(trials)

    said = []
    serve(url, tmp_path / "w", small_device, say=said.append)
    assert said == ["'small' cannot be trained here: a single training does not fit"] * 2
    assert StudyRegistry(database).get("small").state == "finished"


def test_code_of_a_study_is_not_run_unless_it_is_allowed(url, database, workspace, tmp_path):
    trainer = {"kind": "command", "run": ["touch", str(tmp_path / "ran")]}
    left(small_study(trainer=trainer, objective={"metric": "loss"}), database, workspace)
    said = []
    serve(url, tmp_path / "w", None, WorkerOptions(is_over=lambda: bool(said)), say=said.append)
    [sentence] = said
    assert sentence == (
        "'small' cannot be trained here: the study runs a program of its own, which this worker "
        "does not allow (whoever starts it does: tuner worker --allow command)"
    )
    assert not (tmp_path / "ran").exists()
    assert StudyRegistry(database).get("small").state == "open"


OF_ANOTHER_VERSION = (
    ("tuner_studies", "spec", '{"study": "small"', '{"novelty": 1, "study": "small"'),
    ("trial_user_attributes", "value_json", '{"weights"', '{"novelty": 1, "weights"'),
    ("tuner_journal", "line", '"event": "trial fin', '"novelty": 1, "event": "trial fin'),
)
"""Settings, trials and results: table, column, what is there, and with an unknown field."""


def test_what_another_version_wrote_is_said_and_left_to_it(workspace, tmp_path):
    """The worker goes on with other studies, and nothing is lost."""
    url, said, held = f"sqlite:///{tmp_path / 'shared.db'}", [], set()
    brief = StudySpec(
        study="small",
        weights={"ab": 1.0, "sat": 1.0},
        stages=({"vary": "ab", "values": [2.0]},),
        combination=0,
        repeats={"baseline": 2, "decide": 2, "confirm": 2},
    )

    def replace(table, column, before, after):
        with database.change() as connection:
            change = f"UPDATE {table} SET {column} = replace({column}, :before, :after)"
            connection.execute(text(change), {"before": before, "after": after})
            mine = select(leases.c.worker).where(leases.c.study == small.uid)
            held.update(connection.execute(mine).scalars())

    def train_one(name):
        evaluate = Evaluations()
        one = WorkerOptions(is_over=lambda: evaluate.counts.total() > 0)
        serve(url, tmp_path / name, evaluate, one, said.append)

    with open_database(url, said.append) as database:
        small = left(brief, database, workspace)
        train_one("first")
        for table, column, before, after in OF_ANOTHER_VERSION:
            replace(table, column, before, after)
            left(brief.model_copy(update={"study": table}), database, workspace)
            train_one(table)
            replace(table, column, after, before)
        of_small = [one for one in said if one.startswith("'small' cannot be trained here: ")]
        assert len(of_small) == 3
        assert all("another version of the tuner" in one and "novelty" in one for one in of_small)
        serve(url, tmp_path / "last", Evaluations(), WorkerOptions("small", until_done=True))
        alone = run_study(brief, evaluate=Evaluations())
        assert decisions(ending(database)) == of_alone(alone)
        assert held == {""}
