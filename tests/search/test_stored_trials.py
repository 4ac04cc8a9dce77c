from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial

from tuner.results import Trial
from tuner.search import stored_trials
from tuner.search.optuna_trials import attributes_of
from tuner.search.stored_trials import StoredTrials


def stored(seed=1, value=0.5, state=TrialState.COMPLETE):
    asked = Trial(weights={"ab": 2.0}, seed=seed, steps=10, role="candidate", stage=1, varied="ab")
    return create_trial(state=state, value=value, user_attrs=attributes_of(asked))


def running(seed=1):
    return stored(seed, None, TrialState.RUNNING)


def reader():
    return StoredTrials(StudyDirection.MINIMIZE)


def test_the_results_leave_out_what_runs_and_what_is_not_ours():
    trials = reader()
    trials.read([create_trial(value=0.1), stored(), running(2)])
    assert [result.score for result in trials.results()] == [0.5]
    assert [one.asked.seed for one in trials.unfinished()] == [2]


def test_a_trial_that_has_ended_is_converted_once(monkeypatch):
    trials, ended = reader(), [stored(seed) for seed in range(3)]
    assert len(trials.read([*ended, running(3)])) == 3
    monkeypatch.setattr(stored_trials, "asked_of", lambda _trial: 1 / 0)
    assert trials.read(ended) == []


def test_a_result_that_is_equal_stays_the_very_same():
    trials = reader()
    trials.read([stored()])
    (before,) = trials.results()
    assert trials.read([stored()]) == []
    assert trials.results()[0] is before
    assert trials.replaced == 0


def test_a_result_that_changed_or_went_is_told():
    trials = reader()
    trials.read([stored()])
    trials.read([stored(value=0.7)])
    trials.read([running()])
    assert trials.replaced == 2
    assert trials.found == {}


def test_of_two_results_of_a_training_the_last_number_counts_whichever_ended_first():
    trials = reader()
    trials.read([running(), stored(value=0.3)])
    trials.read([stored(value=0.4), stored(value=0.3)])
    assert [result.score for result in trials.found.values()] == [0.3]
    assert [*trials.first_of_each().values()] == [0]
