from itertools import chain

import pytest

from tuner.results import GuardrailCheck, Noise
from tuner.results.statistics import compare
from tuner.search.context import SearchContext, TrialFactory
from tuner.search.guardrails import with_guardrails
from tuner.search.paired_comparison import ComparisonOutcome, PairedComparison, judge_best
from tuner.search.scale import Scale
from tuner.search.surface_fit import fit_surface

INCUMBENT, CHALLENGER = {"ab": 1.0, "sat": 1.0}, {"ab": 2.0, "sat": 1.0}


def compared(plan_of, train, noise, *, surface=True):
    plan = plan_of({"vary": "ab", "values": [2]})
    scale, seen = Scale.of_plan(plan), []

    def trained(groups):
        results = train(list(chain(*groups)))
        seen.extend(results)
        return results

    def fitted():
        return fit_surface(seen, scale, noise) if surface else None

    context = SearchContext(plan, scale, trained, lambda *_: noise, fitted)
    return PairedComparison(INCUMBENT, CHALLENGER, context, TrialFactory(plan, 1, "ab")).run()


def gaining(*gains):
    """A challenger that gains so much on seed 1, 2 and 3."""
    return lambda weights, seed: seed - (gains[seed - 1] if weights["ab"] == 2 else 0.0)


def noise(sd):
    return Noise(sd=sd, degrees=6, spread=sd)


def test_a_gain_on_all_seeds_is_better(plan_of, scorer):
    outcome = compared(plan_of, scorer(gaining(0.5, 0.4, 0.6)), noise(0.1))
    assert (outcome.comparison.verdict, outcome.note) == ("better", "")
    assert outcome.comparison.gain == pytest.approx(0.5)
    assert [r.trial.seed for r in outcome.after] == [1, 2, 3]


def test_what_is_worse_on_the_first_seed_is_not_repeated(plan_of, scorer):
    train = scorer(gaining(-0.9, 9, 9))
    assert compared(plan_of, train, noise(0.1)).comparison.verdict == "worse"
    assert {trial.seed for trial in train.trials} == {1}


def test_what_cannot_be_seen_is_not_repeated_and_says_so(plan_of, scorer):
    train = scorer(gaining(-0.08, 9, 9))
    outcome = compared(plan_of, train, noise(0.1))
    assert outcome.comparison.verdict == "no difference"
    assert outcome.note.startswith("at best a gain of 0.0")
    assert outcome.note.endswith(", and on 3 seeds the noise hides less than 0.118")
    assert {trial.seed for trial in train.trials} == {1}


def test_without_a_surface_all_seeds_are_trained(plan_of, scorer):
    train = scorer(gaining(-0.08, 9, 9))
    compared(plan_of, train, noise(0.1), surface=False)
    assert {trial.seed for trial in train.trials} == {1, 2, 3}


def test_without_noise_there_is_no_verdict(plan_of, scorer):
    outcome = compared(plan_of, scorer(gaining(0.5, 0.5, 0.5)), None)
    assert (outcome.comparison.verdict, outcome.comparison.low) == ("no difference", None)


def test_the_next_best_is_judged_where_more_seeds_show_a_broken_guardrail():
    fell = GuardrailCheck(metric="psnr", way="fall", margin=0.1, before=30, after=29, moved=1)
    good = compare({0: 1.0, 1: 1.1}, {0: 0.5, 1: 0.6}, None, 0.8)
    left = [3.0, 2.0, 1.0]

    def judge(value):
        left.remove(value)
        found = with_guardrails(good, (fell,) if value == 3.0 else ())
        return ComparisonOutcome(found, "", (), ())

    judged, outcome = judge_best(lambda: left[0] if left else None, judge)
    assert judged == 2.0
    assert outcome.comparison == good
    assert left == [1.0]
