from math import log

import numpy as np
import pytest

from tuner.errors import StudyFileError
from tuner.results import Finalist
from tuner.search.finalists import APART, _first_of_the_best, chosen_of
from tuner.search.procedure import run_procedure
from tuner.spec.trial_count import least, most

STAGES = ({"vary": "ab", "times": [0.5, 2, 4]}, {"vary": "sat", "times": [0.4, 2.5]})
SHORT, LONG = 10, 50


class Study:
    """After few steps ab=4 is the best, after many ab=2."""

    def __init__(self, plan_of, scorer, fails=()):
        self.scorer = scorer(lambda w, seed: 0)
        self.scorer.result = self.result
        self.make = scorer
        self.fails = fails
        parts = {"trainer": {"steps": SHORT}, "confirm": {"steps": LONG, "candidates": 3}}
        self.plan = plan_of(*STAGES, **parts)
        self.found = run_procedure(self.plan, self.scorer)

    def result(self, trial):
        best = 4 if trial.steps == SHORT else 2
        luck = np.random.default_rng([trial.seed, trial.steps, round(1e6 * trial.weights["ab"])])
        score = log(trial.weights["ab"] / best) ** 2 + trial.seed / 50 + luck.normal(0, 0.01)
        fails = trial.role == "finalist" and trial.weights["ab"] in self.fails
        return self.make(lambda w, seed: np.inf if fails else score).result(trial)

    def trials(self, role):
        return [trial for trial in self.scorer.trials if trial.role == role]


@pytest.fixture(scope="module")
def study(plan_of, scorer):
    return Study(plan_of, scorer)


def test_what_is_better_after_long_trainings_goes_into_the_claim(study):
    first, *others = study.found.finalists
    assert first.weights == study.found.simplification.chosen
    assert first.weights["ab"] == pytest.approx(4, rel=0.3)
    [winner] = [one for one in others if one.chosen]
    assert winner.weights["ab"] == pytest.approx(2, rel=0.3)
    assert study.found.incumbent == study.found.best == winner.weights
    assert study.found.confirmation.verdict == "better"


def test_the_choice_and_the_claim_share_no_seed(study):
    choice, claim = ({t.seed for t in study.trials(r)} for r in ("finalist", "confirmation"))
    searched = {t.seed for t in study.scorer.trials if t.role not in {"finalist", "confirmation"}}
    assert choice == {901, 902, 903}
    assert not choice & claim
    assert not searched & (choice | claim)
    assert {t.steps for t in study.trials("finalist")} == {LONG}


def test_candidates_differ_and_leave_alone_what_the_search_has_set_back(study):
    weights = [one.weights for one in study.found.finalists]
    assert len(weights) == 3
    assert {one["sat"] for one in weights} == {1.0}
    places = sorted(log(one["ab"]) for one in weights)
    assert min(np.diff(places)) >= APART


def test_what_fails_is_not_chosen(plan_of, scorer):
    found = Study(plan_of, scorer, fails=(2.0,)).found.finalists
    [failed] = [one for one in found if one.weights["ab"] == 2]
    assert (failed.score, failed.chosen) == (None, False)
    assert sum(one.chosen for one in found) == 1


def test_trials_are_counted_and_reserved(study):
    assert (study.plan.finalist_trials, study.plan.reserved_trials) == (9, 19)
    assert least(study.plan).trials < len(study.scorer.trials) <= most(study.plan).trials


def test_luck_does_not_replace_the_first():
    assert _first_of_the_best([0.50, 0.49, 0.52], 0.02) == 0
    assert _first_of_the_best([0.50, 0.45, 0.44], 0.02) == 1
    assert _first_of_the_best([None, 0.45, None], 0.02) == 1
    assert _first_of_the_best([None, None], 0.02) == 0


def test_without_a_choice_the_incumbent_is_claimed():
    assert chosen_of((), {"ab": 2.0}) == {"ab": 2.0}
    other = Finalist(weights={"ab": 3.0}, score=0.1, chosen=True)
    assert chosen_of((other,), {"ab": 2.0}) == {"ab": 3.0}


def test_one_candidate_asks_for_nothing_and_four_are_refused(plan_of, scorer):
    plan = plan_of(*STAGES)
    assert (plan.finalist_trials, plan.finalist_seeds) == (0, ())
    assert run_procedure(plan, scorer(lambda w, s: log(w["ab"] / 4) ** 2)).finalists == ()
    with pytest.raises((StudyFileError, ValueError), match="candidates"):
        plan_of(*STAGES, confirm={"candidates": 4})
