import sqlite3
from math import inf, log

import optuna
import pytest
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState
from stored_study import Run

from tuner.errors import StorageError, TrainerError
from tuner.results import Evaluation, TrialResult
from tuner.search import optuna_repair as door
from tuner.search.optuna_database import forget_study, knows_study, open_storage, sqlite_url
from tuner.search.optuna_store import TrialStore
from tuner.search.optuna_trials import asked_of
from tuner.search.procedure import run_procedure
from tuner.search.result_cache import training_key
from tuner.search.sampler import OneWeightAtATimeSampler

STAGES = (
    {"vary": "ab", "values": [2, 3, 9]},
    {"vary": "sat", "times": [0.5, 2], "extend": False},
)
REPEATS = {"baseline": 2, "decide": 2, "confirm": 2}


class Killed(BaseException):
    """The process ends here."""


class Frail(InMemoryStorage):
    """A storage whose user is killed before a certain write."""

    def __init__(self, writes=inf):
        super().__init__()
        self.writes = writes

    def _write(self):
        self.writes -= 1
        if self.writes < 0:
            raise Killed

    def create_new_trial(self, *args, **options):
        self._write()
        return super().create_new_trial(*args, **options)

    def set_trial_user_attr(self, *args):
        self._write()
        super().set_trial_user_attr(*args)

    def set_trial_system_attr(self, *args):
        self._write()
        super().set_trial_system_attr(*args)

    def set_trial_param(self, *args):
        self._write()
        super().set_trial_param(*args)

    def set_trial_state_values(self, *args, **options):
        self._write()
        return super().set_trial_state_values(*args, **options)


class Journaled:
    """Scores trials and keeps a journal; may be killed within a batch."""

    def __init__(self, scored, killed_after=inf):
        self.scored = scored
        self.killed_after = killed_after
        self.known = {}

    def __call__(self, trials):
        results = []
        for trial in trials:
            if len(self.known) >= self.killed_after:
                raise Killed
            (result,) = self.scored([trial])
            assert trial.number not in self.known
            self.known[trial.number] = result
            results.append(result)
        return results


def score(weights, seed):
    if weights["sat"] == 2:
        return inf
    return log(weights["ab"] / 3) ** 2 + log(weights["sat"] / 0.5) ** 2 + seed / 7


@pytest.fixture
def plan(plan_of):
    return plan_of(*STAGES, repeats=REPEATS)


@pytest.fixture
def journaled(scorer):
    """Of three values the lowest is rejected, and another diverges."""

    def start(killed_after=inf):
        train = scorer(score, rejects=lambda weights, seed: weights["ab"] == 2)
        return Journaled(train, killed_after)

    return start


@pytest.fixture
def expected(plan, journaled):
    return go_on(plan, journaled())


@pytest.fixture
def url(tmp_path):
    return sqlite_url(tmp_path / "tuner.db")


@pytest.fixture
def memory(monkeypatch, expected):
    """A storage that outlives the store which uses it, as a database does."""
    storage = Frail()
    monkeypatch.setattr(door, "open_storage", lambda url: storage)
    return storage


def go_on(plan, train, url=None, known=None):
    """What is found, and all results by number."""
    run = Run(plan, train, url, known)
    return run.to_end(), run.results()


def numbered(store):
    return {trial.number: training_key(asked_of(trial)) for trial in store.study.trials}


def test_the_loop_finds_what_the_procedure_finds(plan, expected, scorer):
    found, results = expected
    train = scorer(score, rejects=lambda weights, seed: weights["ab"] == 2)
    direct = run_procedure(plan, train)
    assert (found.stages, found.best) == (direct.stages, direct.best)
    assert [training_key(r.trial) for r in results] == [
        training_key(trial) for trial in train.trials
    ]
    assert [r.trial.number for r in results] == list(range(len(results)))
    assert {r.status for r in results} == {"complete", "rejected", "diverged"}


def test_optuna_shows_values_parameters_and_reasons(plan, journaled):
    run = Run(plan, journaled())
    run.to_end()
    for trial, result in zip(run.store.study.trials, run.results(), strict=True):
        assert trial.value == result.score
        assert trial.params == dict(result.trial.weights)
        assert trial.user_attrs.get("reason", "") == result.reason
        assert (sum(trial.constraints.values()) > 0) == (result.status == "rejected")


def test_what_the_journal_knows_is_given_in_full(plan, journaled, memory):
    first = journaled()
    go_on(plan, first, url)
    full = {n: r.model_copy(update={"seconds": 9.0}) for n, r in first.known.items()}
    _, results = go_on(plan, journaled(), known=full)
    assert {result.seconds for result in results} == {9.0}


@pytest.mark.filterwarnings("error")
def test_killed_before_any_write_nothing_is_lost(plan, journaled, expected, monkeypatch):
    killed = finished = 0
    while not finished:
        storage = Frail(writes=killed)
        monkeypatch.setattr(door, "open_storage", lambda url, storage=storage: storage)
        first = journaled()
        try:
            go_on(plan, first)
            finished = 1
        except Killed:
            killed += 1
        storage.writes = inf
        second = journaled()
        second.known = first.known
        found, results = go_on(plan, second, known=dict(first.known))
        assert (found, results) == expected
        trials = storage.get_all_trials(0)
        assert len(trials) == len(results)
        assert all(trial.state.is_finished() for trial in trials)
        assert all({"role", "stage", "seed"} < trial.user_attrs.keys() for trial in trials)
    assert killed > 2 * len(expected[1])  # a trial is opened and told


def test_killed_while_training_nothing_is_lost(plan, journaled, expected, monkeypatch):
    for count in range(len(expected[1])):
        storage = Frail()
        monkeypatch.setattr(door, "open_storage", lambda url, storage=storage: storage)
        train = journaled(killed_after=count)
        with pytest.raises(Killed):
            go_on(plan, train)
        train.killed_after = inf
        assert go_on(plan, train, known=dict(train.known)) == expected


def test_what_was_finished_and_not_told_is_told_from_the_journal(plan, journaled, url):
    train = journaled(killed_after=1)
    with pytest.raises(Killed):
        go_on(plan, train, url)
    known = dict(train.known)
    states = [trial.state for trial in TrialStore(plan, url, {}, known).study.trials]
    assert states == [TrialState.COMPLETE, TrialState.RUNNING]


def test_a_trial_that_was_killed_before_it_was_written_down_is_taken_up(plan, journaled, memory):
    optuna.create_study(study_name=plan.study, storage=memory).ask()
    run = Run(plan, journaled())
    run.to_end()
    assert numbered(run.store)[0] == training_key(run.results()[0].trial)
    assert all(trial.state.is_finished() for trial in run.store.study.trials)
    assert run.store.study.trials[0].params == dict(run.results()[0].trial.weights)


def test_trials_that_others_enqueue_are_left_alone(plan, journaled, memory, expected):
    study = optuna.create_study(study_name=plan.study, storage=memory)
    study.enqueue_trial({"ab": 7.0})
    study.enqueue_trial({"ab": 8.0})
    found, results = go_on(plan, journaled())
    assert found.stages == expected[0].stages
    assert results[0].trial.number == 2
    assert [trial.state for trial in study.trials[:2]] == [TrialState.WAITING] * 2


def test_a_trial_that_another_process_runs_is_left_alone(plan, journaled, memory, expected):
    sampler = OneWeightAtATimeSampler.of_plan(plan)
    study = optuna.create_study(study_name=plan.study, storage=memory, sampler=sampler)
    study.enqueue_trial({"ab": 7.0})
    study.ask()
    assert go_on(plan, journaled())[0].stages == expected[0].stages


def forget_database(tmp_path):
    for path in tmp_path.glob("tuner.db*"):
        path.unlink()


def test_a_lost_database_is_filled_again_from_the_journal(plan, journaled, url, expected, tmp_path):
    train, nothing = journaled(), journaled()
    run = Run(plan, train, url)
    run.to_end()
    trials = run.store.study.trials
    forget_database(tmp_path)
    again = Run(plan, nothing, url, train.known)
    assert (again.to_end(), again.results()) == expected
    assert nothing.known == {}
    for before, after in zip(trials, again.store.study.trials, strict=True):
        assert (before.number, before.state, before.values) == (
            after.number, after.state, after.values,
        )  # fmt: skip
        assert (before.params, before.distributions) == (after.params, after.distributions)
        assert (before.user_attrs, before.constraints) == (after.user_attrs, after.constraints)


@pytest.mark.parametrize("gaps", [{0}, {3}, {2, 4}, {4, 5}, {0, 1}])
def test_trials_that_neither_has_come_back_under_their_numbers(
    plan, journaled, memory, expected, gaps
):
    known = {r.trial.number: r for r in expected[1] if r.trial.number < 6}
    for gap in gaps:
        known.pop(gap, None)
    train = journaled()
    train.known = dict(known)
    assert go_on(plan, train, known=known) == expected


def test_the_last_trials_after_a_power_cut_come_back_from_the_journal(
    plan, journaled, memory, expected
):
    train = journaled(killed_after=4)
    with pytest.raises(Killed):
        go_on(plan, train)
    later = {r.trial.number: r for r in expected[1][:9]}
    resumed = journaled()
    resumed.known = dict(later)
    assert go_on(plan, resumed, known=later) == expected


def test_sqlite_writes_ahead_and_does_not_wait_for_disks(url, tmp_path):
    storage = open_storage(url)
    with storage.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1
    file = sqlite3.connect(tmp_path / "tuner.db")
    assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    file.close()


def begin(plan, train, url):
    """Runs a study up to its first trial."""
    train.killed_after = 1
    with pytest.raises(Killed):
        go_on(plan, train, url)


def test_a_forgotten_study_is_begun_anew(plan, journaled, url):
    begin(plan, journaled(), url)
    assert knows_study(url, plan.study)
    forget_study(url, plan.study)
    assert not knows_study(url, plan.study)
    assert TrialStore(plan, url).study.trials == []


def test_forgetting_what_is_not_there_is_fine_and_touches_no_other_study(plan, journaled, url):
    begin(plan, journaled(), url)
    forget_study(url, "another")
    assert knows_study(url, plan.study)


def test_a_study_without_a_trial_is_not_known(plan, url):
    TrialStore(plan, url)
    assert not knows_study(url, plan.study)


def test_what_cannot_be_trained_leaves_no_trace(plan, url):
    def refuse():
        raise TrainerError("there is no such device")

    run = Run(plan, list, url, make_ready=refuse)
    with pytest.raises(TrainerError, match="there is no such device"):
        run.to_end()
    assert run.store.study.trials == []


def test_nothing_is_made_ready_where_nothing_is_to_be_trained(plan, journaled, memory, expected):
    train = journaled()
    go_on(plan, train)
    run = Run(plan, journaled(), known=train.known, make_ready=pytest.fail)
    assert run.to_end() == expected[0]


def open_store(plan, url):
    TrialStore(plan, url)


@pytest.mark.parametrize(
    "use",
    [
        open_store,
        lambda plan, url: knows_study(url, plan.study),
        lambda plan, url: forget_study(url, plan.study),
    ],
)
def test_a_file_that_is_no_database_is_refused_in_one_sentence(plan, url, tmp_path, use):
    (tmp_path / "tuner.db").write_text("a letter, and no database at all" * 99)
    with pytest.raises(StorageError) as refused:
        use(plan, url)
    assert str(refused.value) == (
        f"the trials cannot be kept in {tmp_path}/tuner.db: file is not a database "
        "(move the file away, or choose another place with --directory)"
    )


def test_a_folder_that_is_not_there_is_refused(plan, tmp_path):
    with pytest.raises(StorageError, match="unable to open database file"):
        open_store(plan, sqlite_url(tmp_path / "nowhere" / "tuner.db"))


def test_a_database_of_something_else_is_refused(plan, url, tmp_path):
    file = sqlite3.connect(tmp_path / "tuner.db")
    file.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    file.execute("INSERT INTO alembic_version VALUES ('another-tool')")
    file.commit()
    file.close()
    with pytest.raises(StorageError, match="no longer compatible"):
        open_store(plan, url)


def test_a_database_that_fails_while_trials_are_told_is_an_error_of_storage(plan, scorer, url):
    def close_the_disk(trials):
        with run.store.study._storage._backend.engine.connect() as connection:
            connection.exec_driver_sql("DROP TABLE trial_values")
        return scorer(score)(trials)

    run = Run(plan, close_the_disk, url)
    with pytest.raises(StorageError, match="no such table: trial_values"):
        run.to_end()


def test_sampler_and_procedure_forecast_alike_what_a_pruned_trial_would_have_scored(plan_of):
    plan = plan_of(
        {"vary": "ab", "values": [0.5, 2.0, 3.0]},
        {"vary": "sat", "values": [0.3, 0.6, 2.0, 4.0]},
        combination=4,
    )

    def train(trials):
        return [pruned_or_scored(trial) for trial in trials]

    run = Run(plan, train)
    findings = run.to_end()
    pruned = [result for result in run.results() if result.status == "pruned"]
    assert len(pruned) == 3
    assert findings.combination.tried
    found = OneWeightAtATimeSampler.of_plan(plan).findings(run.store.study)
    assert (found.stages, found.combination) == (findings.stages, findings.combination)


def pruned_or_scored(trial):
    ab, sat = log(trial.weights["ab"]), log(trial.weights["sat"])
    luck = trial.seed * 31 + int(trial.weights["ab"] * 10) * 7 + int(trial.weights["sat"] * 10) * 3
    score = (ab - 0.5) ** 2 + 0.3 * (sat - 0.3) ** 2 + 0.03 * (luck % 11) / 11
    evaluations = (Evaluation(step=trial.steps // 2, score=score + 0.3, ab_slope=0.5),)
    if trial.role == "candidate" and trial.stage == 2 and score > 0.1:
        return TrialResult(
            trial=trial, status="pruned", score=None, reason="behind", evaluations=evaluations
        )
    return TrialResult(trial=trial, status="complete", score=score, evaluations=evaluations)
