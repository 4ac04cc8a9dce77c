import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.search.procedure import run_procedure
from tuner.spec.plan import make_plan
from tuner.spec.study_file import load_study
from tuner.spec.trial_count import CountedRound, least, most


def test_the_guides_study_costs_from_17_to_45_trials(plan_of):
    plan = plan_of(
        {"vary": "perceptual", "values": [0.3, 0.5, 0.8]},
        {"vary": "ab", "min": 2, "max": 5, "step": 1},
        {"vary": "sat", "times": [2, 5, 10, 20]},
        {"vary": "l", "values": [0.2, 0.3, 0.5], "extend": False},
        weights={"perceptual": 1.0, "l": 1.0, "ab": 2.0, "sat": 0.1},
        max_trials=100,
    )
    assert least(plan).trials == 3 + 3 + 3 + 4 + 3
    assert most(plan).trials == 3 + (3 + 4 + 4 + 3) + 3 * 2 + 4 * 2 + 3 * 3 + 1 + 10


def test_the_budget_bounds_both_counts(plan_of):
    plan = plan_of({"vary": "ab", "values": list(range(2, 30))}, max_trials=20)
    assert least(plan).trials == 20 - plan.confirmation_trials
    assert most(plan).trials == 20


NAMES = ("ab", "sat", "l")


@st.composite
def studies(draw):
    """Stages, repeats and budget; a weight that comes twice has values, which do not move."""
    levels = st.lists(st.sampled_from([0.25, 0.5, 1, 2, 3, 4]), min_size=1, max_size=4)
    stages = []
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4)):
        first = name not in {stage["vary"] for stage in stages}
        way = draw(st.sampled_from(["values", "times"] if first else ["values"]))
        stages.append({"vary": name, way: draw(levels), "extend": draw(st.booleans())})
    repeats = {
        "baseline": draw(st.integers(1, 3)),
        "decide": draw(st.integers(2, 4)),
        "confirm": draw(st.integers(1, 3)),
    }
    needed = repeats["baseline"] + 2 * repeats["confirm"] + 1
    return stages, repeats, needed + draw(st.integers(0, 40))


def rough(key, amount):
    """A score that depends on everything and follows nothing; now and then it diverges."""

    def score(weights, seed):
        numbers = [key, seed, *(round(weights[name] * 1e6) for name in NAMES)]
        random = np.random.default_rng(numbers)
        slope = sum(math.log(weights[name]) for name in NAMES) * random.choice([0.0, 0.1])
        diverges = seed > 1 and random.random() < 0.1
        return math.nan if diverges else slope + amount * random.standard_normal()

    return score


@settings(max_examples=100)
@given(
    study=studies(),
    combination=st.integers(0, 3),
    key=st.integers(0, 2**32),
    amount=st.sampled_from([0.0, 0.01, 1.0]),
    looks=st.integers(1, 2),
)
def test_least_and_most_hold_what_a_study_really_trains(
    plan_of, scorer, study, combination, key, amount, looks
):
    stages, repeats, budget = study
    weights = dict.fromkeys(NAMES, 1.0)
    plan = plan_of(
        *stages, weights=weights, repeats=repeats, max_trials=budget, combination=combination,
        confirm={"looks": looks},
    )  # fmt: skip
    train = scorer(rough(key, amount))
    run_procedure(plan, train)
    assert least(plan).trials <= len(train.trials) <= most(plan).trials <= budget


def test_a_combination_costs_its_proposals_and_the_repeats_of_the_best(plan_of):
    stage = {"vary": "ab", "values": [2], "extend": False}
    without, with_it = plan_of(stage), plan_of(stage, combination=4)
    assert least(with_it) == least(without)
    assert most(with_it).trials == most(without).trials + 4 + 2
    rounds = [each.trials for each in most(plan_of(stage, combination=5)).rounds]
    # Proposals two by two, the repeats, which weights matter, and the fewest changes.
    assert rounds[-9:-1] == [2, 2, 1, 2, 1, 1, 1, 1]


def test_a_second_cycle_tries_two_values_more_of_each_weight(plan_of):
    stage = {"vary": "ab", "values": [2, 3], "extend": False}
    once, twice = plan_of(stage), plan_of(stage, cycles=2)
    assert most(twice).trials == most(once).trials + 2 + 2 + 2


def test_a_longer_confirmation_is_a_round_of_its_own(plan_of):
    plan = plan_of({"vary": "ab", "values": [2]}, confirm={"steps": 20000})
    assert most(plan).rounds[-1] == CountedRound(trials=10, steps=20000)


def test_rounds_are_what_is_asked_for_at_a_time():
    plan = make_plan(load_study("sepia-fix"))
    assert [each.trials for each in least(plan).rounds] == [3, 3, 3, 4, 3]
    assert most(plan).rounds[0].trials == 3
    assert most(plan).rounds[-1].trials == 10
    assert most(plan).trials == 60
