"""What a sampler remembers is what one would find that sees the study for the first time."""

from math import log

import optuna
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState

from tuner.errors import TrainerError
from tuner.search import next_trial
from tuner.search.optuna_trials import REASON
from tuner.search.sampler import OneWeightAtATimeSampler

START = {"ab": 1.0, "sat": 1.0}
STAGES = ({"vary": "ab", "values": [2, 3]}, {"vary": "sat", "times": [0.5, 2]})
REPEATS = {"baseline": 2, "decide": 2, "confirm": 2}

optuna.logging.set_verbosity(optuna.logging.WARNING)


def new_sampler():
    return OneWeightAtATimeSampler(START, STAGES, combination=0, repeats=REPEATS)


def score(trial):
    weights = {name: trial.suggest_float(name, 0.01, 100, log=True) for name in START}
    seed = trial.user_attrs["seed"]
    return log(weights["ab"] / 3) ** 2 + log(weights["sat"] / 0.5) ** 2 + seed / 7


def end(study, trial, how):
    """Ends a trial: with its score, diverged with a reason, or interrupted."""
    value = score(trial)
    if how == "scored":
        study.tell(trial, value)
        return
    if how == "diverged":
        study._storage.set_trial_user_attr(trial._trial_id, REASON, "too large")
    study.tell(trial, state=TrialState.FAIL)


def findings(sampler, study):
    try:
        return sampler.missing(study), sampler.findings(study)
    except TrainerError as error:
        return str(error)


ends = st.sampled_from(["scored"] * 6 + ["diverged", "interrupted"])


@settings(max_examples=6)
@given(st.lists(st.tuples(st.integers(0, 3), ends), min_size=20, max_size=40))
def test_a_sampler_that_remembers_finds_what_a_new_one_finds(course):
    study, open_trials = optuna.create_study(sampler=new_sampler()), []
    for which, how in course:
        fresh = findings(new_sampler(), study)
        assert findings(study.sampler, study) == fresh
        if isinstance(fresh, str):
            return
        while len(open_trials) <= which:
            open_trials.append(study.ask())
        end(study, open_trials.pop(which), how)


def test_the_procedure_is_followed_again_only_when_nothing_is_waited_for(monkeypatch):
    replay, replays = next_trial.replay, []

    def counted(plan, results, judged):
        replays.append(len(results))
        return replay(plan, results, judged)

    monkeypatch.setattr(next_trial, "replay", counted)
    study = optuna.create_study(sampler=new_sampler())
    study.optimize(score)
    assert replays == sorted(set(replays))
    assert len(replays) < len(study.trials)


def test_a_sampler_may_serve_two_studies_in_turn():
    sampler = new_sampler()
    one, other = (optuna.create_study(sampler=sampler) for _ in range(2))
    for _ in range(6):
        for study in (one, other):
            trial = study.ask()
            study.tell(trial, score(trial))
    assert findings(sampler, one) == findings(new_sampler(), one) == findings(sampler, other)
