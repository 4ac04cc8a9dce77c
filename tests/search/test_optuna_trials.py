from math import inf

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import FloatDistribution
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial

from tuner.results import Trial, TrialResult
from tuner.search.optuna_trials import (
    ASKED,
    add_trial,
    as_open,
    as_stored,
    asked_of,
    attributes_of,
    result_of,
)

TRIAL = Trial(
    weights={"ab": 2.0}, seed=3, steps=10, role="candidate", stage=1, varied="ab", number=4
)
RANGES = {"ab": FloatDistribution(0.1, 10)}


def stored(value=0.5, state=TrialState.COMPLETE, **more):
    attributes = {**attributes_of(TRIAL), **more}
    return create_trial(state=state, value=value, user_attrs=attributes)


def test_what_was_asked_is_written_last_so_that_it_stands_for_all():
    assert list(attributes_of(TRIAL)) == ["role", "stage", "seed", ASKED]


def numbered(trial, number):
    """The trial with the number that Optuna has given it, whatever was expected."""
    return trial.model_copy(update={"number": number})


def test_a_trial_that_failed_without_a_reason_was_interrupted_and_is_no_result():
    assert result_of(stored(None, TrialState.FAIL), StudyDirection.MINIMIZE) is None


def test_what_was_asked_is_read_again():
    assert asked_of(stored()) == numbered(TRIAL, -1)  # as it has in no study
    assert asked_of(create_trial(value=1.0)) is None


results = st.one_of(
    st.builds(TrialResult, trial=st.just(TRIAL), status=st.just("complete"), score=st.floats(0, 9)),
    st.builds(
        TrialResult,
        trial=st.just(TRIAL),
        status=st.just("rejected"),
        score=st.floats(0, 9),
        reason=st.text(max_size=9),
    ),
    st.builds(
        TrialResult,
        trial=st.just(TRIAL),
        status=st.sampled_from(["diverged", "pruned"]),
        score=st.none(),
        reason=st.text(max_size=9),
    ),
)


@given(results)
def test_a_result_survives_being_stored(result):
    read = result_of(as_stored(result, RANGES), StudyDirection.MINIMIZE)
    assert read == result.model_copy(update={"trial": numbered(TRIAL, -1)})


@given(results)
def test_a_result_survives_optuna(result):
    study = optuna.create_study()
    study.add_trial(as_stored(result, RANGES))
    read = result_of(study.trials[0], study.direction)
    assert read == result.model_copy(update={"trial": numbered(TRIAL, 0)})


@pytest.mark.parametrize(
    "trial",
    [
        stored(value=inf),
        stored(value=None, state=TrialState.FAIL, reason="its value is not finite"),
    ],
)
def test_what_has_no_finite_value_diverged(trial):
    result = result_of(trial, StudyDirection.MINIMIZE)
    assert (result.status, result.score) == ("diverged", None)


def test_what_is_to_be_maximized_is_mirrored():
    assert result_of(stored(value=0.5), StudyDirection.MAXIMIZE).score == -0.5


@pytest.mark.parametrize(
    "trial", [stored(value=None, state=TrialState.RUNNING), create_trial(value=0.5)]
)
def test_what_runs_or_is_not_ours_has_no_result(trial):
    assert result_of(trial, StudyDirection.MINIMIZE) is None


def test_a_trial_that_is_added_comes_back_as_it_was_asked_for():
    study = optuna.create_study()
    add_trial(study, create_trial(value=0.1))
    number = add_trial(study, as_open(TRIAL, TrialState.RUNNING, RANGES))
    (added,) = study.get_trials(states=(TrialState.RUNNING,))
    assert (number, added.params) == (1, {"ab": 2.0})
    assert asked_of(added) == numbered(TRIAL, 1)
