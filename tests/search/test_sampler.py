import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from math import inf, log, nan
from threading import Barrier

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState

from tuner.errors import StudyFileError, TrainerError
from tuner.search.optuna_trials import asked_of
from tuner.search.procedure import run_procedure
from tuner.search.result_cache import training_key
from tuner.search.sampler import OneWeightAtATimeSampler
from tuner.search.sampler_evidence import PROCESS, this_process

START = {"ab": 1.0, "sat": 1.0}
STAGES = (
    {"vary": "ab", "values": [2, 3]},
    {"vary": "sat", "times": [0.5, 2]},
)
TRAINED = 3 + (2 + 1 + 2) + (2 + 1 + 2) + 10
"""Baseline; values, an extension and repeats of two stages; confirmation."""

optuna.logging.set_verbosity(optuna.logging.WARNING)


def score(weights, seed):
    return log(weights["ab"] / 3) ** 2 + log(weights["sat"] / 0.5) ** 2 + seed / 7


def objective(trial):
    weights = {name: trial.suggest_float(name, 0.01, 100, log=True) for name in START}
    return score(weights, trial.user_attrs["seed"])


def new_sampler(**options):
    return OneWeightAtATimeSampler(START, STAGES, **{"combination": 0, **options})


def searched(objective=objective, sampler=None, storage=None, **how):
    study = optuna.create_study(sampler=sampler or new_sampler(), storage=storage)
    study.optimize(objective, **how)
    return study


def decisions(found):
    claim = (found.confirmation, found.noise, found.stopped)
    return (found.incumbent, found.best, found.stages, found.combination, *claim)


@pytest.fixture(scope="module")
def undisturbed():
    return searched()


@pytest.fixture(scope="module")
def expected(undisturbed):
    return decisions(undisturbed.sampler.findings(undisturbed))


def test_a_study_stops_by_itself(undisturbed):
    assert len(undisturbed.trials) == TRAINED
    assert undisturbed.sampler.missing(undisturbed) == ()


def test_it_finds_what_the_course_finds(expected, scorer):
    assert expected == decisions(run_procedure(new_sampler().plan, scorer(score)))
    assert expected[1] == {"ab": 3.0, "sat": 0.5}


def test_it_finds_the_same_on_sqlite(tmp_path):
    options = {"repeats": {"baseline": 2, "decide": 2, "confirm": 1}}
    memory = searched(sampler=new_sampler(**options))
    disk = searched(sampler=new_sampler(**options), storage=f"sqlite:///{tmp_path}/some.db")
    found = [decisions(study.sampler.findings(study)) for study in (memory, disk)]
    assert found[0] == found[1]
    assert [trial.params for trial in memory.trials] == [trial.params for trial in disk.trials]


def test_every_trial_suggests_all_weights_from_the_same_ranges(undisturbed):
    for trial in undisturbed.trials:
        assert trial.params == dict(asked_of(trial).weights)
        assert trial.distributions == undisturbed.trials[0].distributions


def test_every_trial_says_its_role_stage_and_seed(undisturbed):
    for trial in undisturbed.trials:
        asked = asked_of(trial)
        said = {name: trial.user_attrs[name] for name in ("role", "stage", "seed")}
        assert said == {"role": asked.role, "stage": asked.stage, "seed": asked.seed}
        assert asked.number == trial.number
    assert Counter(t.user_attrs["role"] for t in undisturbed.trials) == {
        "baseline": 3, "candidate": 6, "repeat": 4, "confirmation": 10,
    }  # fmt: skip


def test_one_weight_differs_from_the_incumbent_and_only_one(undisturbed):
    for trial in undisturbed.trials[:8]:
        assert trial.params["sat"] == 1.0
    for trial in undisturbed.trials[8:13]:
        assert trial.params["ab"] == 3.0


def test_ranges_of_the_samplers_own_are_logarithmic_where_they_can_be():
    zero = OneWeightAtATimeSampler(START, [{"vary": "ab", "values": [0, 2]}])
    assert zero.distributions() == {
        "ab": FloatDistribution(0, 20),
        "sat": FloatDistribution(0.1, 10, log=True),
    }


def test_what_is_maximized_is_mirrored(expected):
    study = optuna.create_study(sampler=new_sampler(), direction="maximize")
    study.optimize(lambda trial: -objective(trial))
    assert decisions(study.sampler.findings(study)) == expected


def raises(_weights):
    raise ZeroDivisionError


@pytest.mark.parametrize("end", [lambda weights: nan, lambda weights: inf, raises])
def test_a_trial_without_a_finite_value_has_diverged(end):
    def explodes(trial):
        value = objective(trial)
        return end(trial.params) if trial.params["ab"] == 3 else value

    study = searched(explodes, catch=(ZeroDivisionError,))
    stage = study.sampler.findings(study).stages[0]
    assert dict(stage.tried)[3.0] is None
    assert stage.chosen == 2.0


def test_a_constraint_that_is_broken_rejects_the_trial():
    def tricky(trial):
        value = objective(trial)
        trial.set_constraint("looks right", float(trial.params["ab"] == 3))
        return value

    study = searched(tricky)
    assert dict(study.sampler.findings(study).stages[0].tried)[3.0] is None


def test_start_weights_that_diverge_end_the_study_with_a_sentence():
    study = searched(lambda trial: nan)
    assert len(study.trials) == 3
    for ask in (study.sampler.findings, study.sampler.missing):
        with pytest.raises(TrainerError, match="the start weights diverged on every seed"):
            ask(study)


def test_a_weight_that_the_sampler_was_not_given_is_an_error():
    with pytest.raises(TrainerError) as refused:
        searched(lambda trial: trial.suggest_float("abb", 0, 1))
    assert str(refused.value) == ("the objective suggests 'abb', but the sampler was given ab, sat")


@pytest.mark.parametrize(
    ("suggest", "range_"),
    [
        (lambda trial: trial.suggest_float("ab", 2, 3), "FloatDistribution(high=3.0, log=False"),
        (lambda trial: trial.suggest_int("ab", 2, 3), "IntDistribution(high=3, log=False"),
        (lambda trial: trial.suggest_categorical("ab", [2.0, 3.0]), "CategoricalDistribution("),
    ],
)
def test_a_range_that_does_not_hold_the_value_is_an_error(suggest, range_):
    with pytest.raises(TrainerError) as refused:
        searched(suggest)
    text = str(refused.value)
    assert text.startswith(f"the objective suggests 'ab' from {range_}")
    assert text.endswith(
        "which does not hold the value to try, 1 (widen it, or give the sampler bounds)"
    )


def test_choices_that_hold_every_value_will_do():
    def choose(trial):
        weights = {"ab": trial.suggest_categorical("ab", [1.0, 2.0, 3.0, 4.5]), "sat": 1.0}
        return score(weights, trial.user_attrs["seed"])

    study = searched(choose, OneWeightAtATimeSampler({"ab": 1.0}, STAGES[:1], combination=0))
    assert study.sampler.findings(study).best == {"ab": 3.0}


def test_a_stage_of_an_unknown_weight_is_refused():
    with pytest.raises(StudyFileError, match="unknown weight 'abb'"):
        OneWeightAtATimeSampler(START, [{"vary": "abb", "values": [1]}])


@pytest.mark.parametrize("before", [0, 4, 9])
def test_trials_that_the_user_enqueues_do_no_harm(expected, before):
    study = optuna.create_study(sampler=new_sampler())
    if before:
        study.optimize(objective, n_trials=before)
    study.enqueue_trial({"ab": 77.0})
    study.optimize(objective)
    assert decisions(study.sampler.findings(study)) == expected
    assert study.trials[before].params == {"ab": 77.0, "sat": 1.0}
    assert len(study.trials) == TRAINED + 1


def test_trials_that_the_user_adds_do_no_harm(expected):
    study = optuna.create_study(sampler=new_sampler())
    study.add_trial(optuna.create_trial(value=-9.0))
    study.optimize(objective)
    assert decisions(study.sampler.findings(study)) == expected


def test_a_trial_that_is_queued_again_keeps_what_it_was_asked_for(undisturbed):
    study = optuna.create_study(sampler=new_sampler())
    lost = undisturbed.trials[7]
    study.enqueue_trial(lost.params, user_attrs=lost.user_attrs)
    again = study.ask()
    assert again.user_attrs == lost.user_attrs


def test_two_threads_find_the_same(expected):
    study = searched(n_jobs=2)
    assert decisions(study.sampler.findings(study)) == expected
    asked = Counter(training_key(asked_of(trial)) for trial in study.trials)
    assert set(asked.values()) == {1}


@pytest.fixture
def restless():
    """Threads take turns so often that a race is likely to happen."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_threads_that_ask_at_the_same_moment_get_different_trials(restless):
    study, together = optuna.create_study(sampler=new_sampler()), Barrier(8)

    def ask(_):
        together.wait()
        return study.ask().user_attrs["seed"]

    with ThreadPoolExecutor(8) as threads:
        seeds = sorted(threads.map(ask, range(8)))
    assert seeds == [1, 2, 3, 101, 102, 103, 104, 105]


def test_with_everything_running_likely_trials_come_next():
    study = optuna.create_study(sampler=new_sampler())
    asked = [study.ask().user_attrs for _ in range(20)]
    assert [a["role"] for a in asked[:3]] == ["baseline"] * 3
    assert [(a["role"], a["seed"]) for a in asked[3:9]] == [
        ("confirmation", 101), ("confirmation", 102), ("confirmation", 103),
        ("confirmation", 104), ("confirmation", 105), ("baseline", 106 + 8),
    ]  # fmt: skip
    assert len({a["seed"] for a in asked}) == 20


@settings(max_examples=12)
@given(stops=st.lists(st.integers(1, TRAINED - 1), min_size=1, max_size=3))
def test_an_interrupted_study_goes_on_as_if_nothing_had_happened(expected, stops):
    storage = optuna.storages.InMemoryStorage()
    optuna.create_study(storage=storage, study_name="s")
    for stop in [*stops, None]:
        study = optuna.load_study(storage=storage, study_name="s", sampler=new_sampler())
        if study.sampler.missing(study):
            study.optimize(objective, n_trials=stop)
    assert decisions(study.sampler.findings(study)) == expected
    assert len(study.trials) == TRAINED


def slanted(weights, seed):
    """Weights that depend on each other, so that the stages leave something to combine."""
    x, y = log(weights["ab"] / 2.2), log(weights["sat"] / 0.7)
    return x**2 + y**2 + 0.9 * x * y + seed / 7


@pytest.mark.parametrize("stop", [3, 13, 14, 15, 16, 17])
def test_a_combination_goes_on_where_it_was_interrupted(scorer, stop):
    def suggested(trial):
        weights = {name: trial.suggest_float(name, 0.01, 100, log=True) for name in START}
        return slanted(weights, trial.user_attrs["seed"])

    whole = run_procedure(new_sampler(combination=3).plan, scorer(slanted))
    study = searched(suggested, new_sampler(combination=3), n_trials=stop)
    study.sampler = new_sampler(combination=3)
    study.optimize(suggested)
    assert decisions(study.sampler.findings(study)) == decisions(whole)
    assert len(whole.combination.tried) > 1
    asked = Counter(training_key(asked_of(trial)) for trial in study.trials)
    assert set(asked.values()) == {1}


def test_an_unfinished_study_has_no_findings():
    study = searched(n_trials=5)
    assert study.sampler.findings(study) is None
    assert [trial.weights["ab"] for trial in study.sampler.missing(study)] == [4.5]


def test_nothing_is_sampled_jointly(undisturbed):
    sampler, trial = undisturbed.sampler, undisturbed.trials[0]
    assert sampler.infer_relative_search_space(undisturbed, trial) == {}
    assert sampler.sample_relative(undisturbed, trial, {}) == {}


def in_parts(interrupt, expected, **options):
    """The study is begun, interrupted, and run to its end by another sampler."""
    storage = optuna.storages.InMemoryStorage()
    study = optuna.create_study(storage=storage, study_name="s", sampler=new_sampler())
    interrupt(study)
    study = optuna.load_study(storage=storage, study_name="s", sampler=new_sampler())
    study.optimize(objective, n_trials=2 * TRAINED, **options)
    assert decisions(study.sampler.findings(study)) == expected
    return study


@pytest.mark.parametrize("number", [0, 3, 9, TRAINED - 1])
def test_a_trial_that_was_left_running_is_trained_again(expected, number):
    def kill(study):
        if number:
            study.optimize(objective, n_trials=number)
        study.ask()

    assert len(in_parts(kill, expected).trials) <= TRAINED + 4


def test_a_trial_of_a_process_that_has_ended_is_trained_again_at_once(expected):
    def kill(study):
        asked = study.ask()
        gone = [*this_process()[:2], 0.0]
        study._storage.set_trial_user_attr(asked._trial_id, PROCESS, gone)

    study = in_parts(kill, expected)
    assert len(study.trials) == TRAINED + 1
    assert study.trials[1].user_attrs["seed"] == study.trials[0].user_attrs["seed"]


def raising(error, times=1):
    """The objective, whose fifth trial and the next ones raise."""
    left = [None] * 4 + [error] * times

    def run(trial):
        value = objective(trial)
        if left and (problem := left.pop(0)):
            raise problem
        return value

    return run


def test_an_interrupted_trial_is_no_result_and_is_trained_again(expected):
    def interrupt(study):
        with pytest.raises(KeyboardInterrupt):
            study.optimize(raising(KeyboardInterrupt()))

    assert len(in_parts(interrupt, expected).trials) == TRAINED + 1


def test_memory_that_ran_out_once_is_no_result(expected):
    def run_out(study):
        study.optimize(raising(MemoryError()), n_trials=5, catch=MemoryError)

    assert len(in_parts(run_out, expected).trials) == TRAINED + 1


def test_memory_that_runs_out_again_and_again_is_a_result():
    study = searched(raising(MemoryError(), times=3), catch=MemoryError)
    assert study.trials[6].user_attrs["reason"] == "out of memory, 3 times"
    assert sum(trial.state == TrialState.FAIL for trial in study.trials) == 3


def test_an_error_of_the_objective_is_a_result():
    study = searched(raising(ValueError("no such color")), catch=ValueError)
    assert study.trials[4].user_attrs["reason"] == "its objective raised ValueError: no such color"
    assert sum(trial.state == TrialState.FAIL for trial in study.trials) == 1


def test_a_trial_whose_heartbeat_failed_is_trained_again(expected):
    def stop(study):
        asked = study.ask()
        study._storage.set_trial_state_values(asked._trial_id, TrialState.FAIL)

    assert len(in_parts(stop, expected).trials) == TRAINED + 1
