from math import sqrt

import pytest
from scipy.stats import norm

from tuner.search.confirmation import HOPELESS, Claim
from tuner.search.error_spending import level_of_a_look
from tuner.search.result_cache import ResultCache
from tuner.spec.plan import make_plan
from tuner.spec.study_file import load_study

LUCK = (0.06, -0.06, 0.03, -0.03, 0.0) * 2
"""What each fresh seed adds to the gain: nothing on average, over five seeds and over ten."""


class Trained:
    """A claim whose gain is known; `later` is what the second five seeds add to it."""

    def __init__(self, scorer, gain, later=0.0, looks=2, max_trials=40):
        spec = load_study("sepia-fix", {"confirm.looks": looks, "budget.max_trials": max_trials})
        self.plan = make_plan(spec)
        self.train = scorer(self.score)
        self.gain, self.later = gain, later
        better = {**self.plan.weights, "ab_weight": 4.0}
        self.claim = Claim(self.plan, better, ResultCache(self.plan, self.train)).judged()

    def score(self, weights, seed):
        place = seed - self.plan.confirm_seeds[0]
        gain = self.gain + LUCK[place] + (self.later if place >= 5 else 0.0)
        return 1.0 - (gain if weights["ab_weight"] == 4.0 else 0.0) + seed / 100


def test_a_gain_that_is_plain_is_confirmed_at_the_first_look(scorer):
    study = Trained(scorer, 0.2)
    assert study.claim.verdict == "better"
    assert study.claim.looks == (5,)
    assert len(study.train.trials) == 10


def test_a_gain_that_five_seeds_leave_open_gets_five_more(scorer):
    study = Trained(scorer, 0.05)
    assert study.claim.looks == (5, 10)
    assert study.claim.seeds == study.plan.claim_seeds(10)
    assert study.claim.verdict == "better"
    assert study.claim.gain == pytest.approx(0.05)
    assert Trained(scorer, 0.05, looks=1).claim.verdict == "no difference"


def test_what_the_second_seeds_refute_is_not_confirmed(scorer):
    study = Trained(scorer, 0.05, later=-0.1)
    assert study.claim.looks == (5, 10)
    assert study.claim.verdict == "no difference"


@pytest.mark.parametrize("gain", [-0.3, -0.03, 0.0, 0.01])
def test_a_gain_that_is_hardly_there_gets_no_further_seeds(scorer, gain):
    assert Trained(scorer, gain).claim.looks == (5,)


def test_as_many_seeds_again_would_hardly_confirm_what_is_hopeless():
    first, second = (norm.isf(level_of_a_look(10, looks, 0) / 2) for looks in ((5,), (5, 10)))
    # In standard errors of five seeds; by a flat prior ten scatter around five by sqrt(1 / 2).
    needed, seen = second * sqrt(1 / 2), HOPELESS * first
    assert norm.sf((needed - seen) / sqrt(1 / 2)) == pytest.approx(0.11, abs=0.005)


def test_a_second_look_that_the_budget_denies_costs_the_first_one_nothing(scorer):
    denied = Trained(scorer, 0.05, max_trials=19).claim
    assert denied == Trained(scorer, 0.05, looks=1).claim
    assert denied.looks == (5,)
    assert Trained(scorer, 0.05, max_trials=20).claim.looks == (5, 10)


def test_a_first_look_pays_for_the_second_one(scorer):
    first, alone = (Trained(scorer, 0.2, looks=looks).claim for looks in (2, 1))
    assert first.gain == alone.gain
    assert first.low < alone.low


def test_what_five_seeds_alone_would_refute_is_refuted_where_more_were_planned(scorer):
    planned, alone = (Trained(scorer, -0.07, looks=looks).claim for looks in (2, 1))
    assert (planned.verdict, planned.looks) == ("worse", (5,))
    assert planned.high == alone.high < 0
    assert planned.low < alone.low


def test_a_second_look_has_an_upper_end_of_what_the_first_one_left(scorer):
    claim = Trained(scorer, 0.05, later=-0.1).claim
    assert claim.high - claim.gain > claim.gain - claim.low
