from collections import Counter
from math import inf, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.errors import TrainerError
from tuner.search.procedure import run_procedure
from tuner.search.result_cache import training_key

BEST = {"ab": 3.0, "sat": 0.5}
STAGES = (
    {"vary": "ab", "values": [2, 3, 4]},
    {"vary": "sat", "times": [0.25, 0.5, 2]},
)


def bowl(weights, seed):
    return sum(log(weights[name] / best) ** 2 for name, best in BEST.items()) + seed / 7


def flat(weights, seed):
    return 0.5


def test_each_winner_is_carried_into_the_next_stage(plan_of, scorer):
    train = scorer(bowl)
    found = run_procedure(plan_of(*STAGES), train)
    assert found.incumbent == found.best == BEST
    assert {t.weights["ab"] for t in train.trials if t.stage == 2} == {3.0}


def test_the_claim_is_the_true_gain(plan_of, scorer):
    claim = run_procedure(plan_of(*STAGES), scorer(bowl)).confirmation
    assert claim.verdict == "better"
    assert claim.gain == pytest.approx(log(3) ** 2 + log(2) ** 2)
    assert claim.low <= claim.gain <= claim.high
    assert claim.confidence == 0.95


def test_the_claim_uses_only_fresh_seeds(plan_of, scorer):
    plan, train = plan_of(*STAGES), scorer(bowl)
    found = run_procedure(plan, train)
    seen = {trial.seed for trial in train.trials if trial.role != "confirmation"}
    assert found.confirmation.seeds == plan.confirm_seeds
    assert not seen & {*plan.confirm_seeds}


def test_on_a_flat_surface_nothing_changes_and_nothing_is_confirmed(plan_of, scorer):
    plan, train = plan_of(*STAGES), scorer(flat)
    found = run_procedure(plan, train)
    assert found.best == found.incumbent == plan.weights
    assert {stage.comparison.verdict for stage in found.stages} == {"no difference"}
    assert (found.confirmation.verdict, found.confirmation.gain) == ("no difference", 0)
    assert not [trial for trial in train.trials if trial.role == "confirmation"]


def test_no_training_is_asked_for_twice(plan_of, scorer):
    train = scorer(bowl)
    run_procedure(plan_of(*STAGES, *STAGES), train)
    assert Counter(map(training_key, train.trials)).most_common(1)[0][1] == 1


def test_a_stage_that_comes_again_costs_nothing_where_nothing_has_changed(plan_of, scorer):
    once, twice = scorer(flat), scorer(flat)
    run_procedure(plan_of(*STAGES), once)
    run_procedure(plan_of(*STAGES, *STAGES), twice)
    assert len(once.trials) == len(twice.trials)


def test_everything_that_is_judged_is_told(plan_of, scorer):
    told = []
    found = run_procedure(plan_of(*STAGES, combination=2), scorer(bowl), told.append)
    assert [event.event for event in told] == [
        "baseline finished", "stage finished", "stage finished", "combination finished"
    ]  # fmt: skip
    assert tuple(event.stage for event in told[1:3]) == found.stages
    assert [event.incumbent for event in told[1:3]] == [{"ab": 3.0, "sat": 1.0}, BEST]
    assert told[3].combination == found.combination
    assert (told[0].noise.paired, told[1].noise.paired) == (False, True)


def test_the_noise_is_what_repeats_show(plan_of, scorer):
    plan = plan_of(*STAGES)
    found = run_procedure(plan, scorer(bowl))
    trained = [bowl(plan.weights, seed) for seed in plan.baseline_seeds + plan.confirm_seeds]
    assert found.noise.sd == pytest.approx(0, abs=1e-9)
    assert found.noise.spread == pytest.approx(np.std(trained, ddof=1))


def test_start_weights_that_diverge_on_every_seed_are_an_error(plan_of, scorer):
    with pytest.raises(TrainerError) as refused:
        run_procedure(plan_of(), scorer(lambda w, seed: inf))
    assert str(refused.value) == (
        "the start weights diverged on every seed, so there is nothing to compare with: "
        "it exploded (lower trainer.learning_rate, or start from other weights)"
    )


def test_start_weights_that_diverge_on_the_first_seed_can_be_improved(plan_of, scorer):
    train = scorer(lambda w, seed: inf if seed == 1 and w["ab"] == 1 else bowl(w, seed))
    assert run_procedure(plan_of(*STAGES), train).best["ab"] == 3.0


def fresh(plan, seed):
    return seed in plan.confirm_seeds


def test_what_diverges_on_a_fresh_seed_is_not_exported(plan_of, scorer):
    plan = plan_of(*STAGES)

    def fails(weights, seed):
        return seed == plan.confirm_seeds[0] and weights["ab"] != 1

    found = run_procedure(plan, scorer(lambda w, seed: inf if fails(w, seed) else bowl(w, seed)))
    assert (found.incumbent, found.best) == (BEST, plan.weights)
    assert (found.confirmation.verdict, found.confirmation.low) == ("no difference", None)
    assert found.confirmation.seeds == plan.confirm_seeds[1:]


def test_what_is_rejected_on_a_fresh_seed_is_not_exported(plan_of, scorer):
    plan = plan_of(*STAGES)
    found = run_procedure(
        plan, scorer(bowl, rejects=lambda w, seed: fresh(plan, seed) and w["ab"] != 1)
    )
    assert (found.best, found.confirmation.verdict) == (plan.weights, "no difference")


def test_where_no_fresh_seed_can_be_compared_there_is_no_claim(plan_of, scorer):
    plan = plan_of(*STAGES)
    found = run_procedure(plan, scorer(lambda w, seed: inf if fresh(plan, seed) else bowl(w, seed)))
    assert (found.incumbent, found.best, found.confirmation) == (BEST, plan.weights, None)


def test_a_gain_that_fresh_seeds_do_not_show_is_not_exported(plan_of, scorer):
    plan = plan_of(*STAGES)
    found = run_procedure(plan, scorer(lambda w, s: -bowl(w, s) if fresh(plan, s) else bowl(w, s)))
    assert (found.best, found.confirmation.verdict) == (plan.weights, "worse")


def test_a_budget_that_is_spent_ends_the_search_before_the_next_stage(plan_of, scorer):
    plan, train = plan_of(*STAGES, max_trials=3 + 3 + 2 + 10), scorer(bowl)
    found = run_procedure(plan, train)
    assert found.stopped == "the budget of 18 trials was spent before stage 2"
    assert len(found.stages) == 1
    assert len(train.trials) == 18
    assert found.confirmation.verdict == "better"


def test_a_longer_confirmation_trains_both_longer_and_has_a_noise_of_its_own(plan_of, scorer):
    plan, train = plan_of(*STAGES, confirm={"steps": 77}), scorer(bowl)
    found = run_procedure(plan, train)
    confirming = [trial for trial in train.trials if trial.role == "confirmation"]
    assert {trial.steps for trial in confirming} == {77}
    assert len(confirming) == 10
    assert {trial.steps for trial in train.trials} == {plan.steps, 77}
    assert found.confirmation.verdict == "better"


def test_a_second_cycle_looks_around_the_best(plan_of, scorer):
    train = scorer(bowl)
    found = run_procedure(plan_of({"vary": "ab", "values": [2, 4]}, cycles=2), train)
    assert {t.weights["ab"] for t in train.trials if t.stage == 2} >= {2.8, 5.6}
    assert found.incumbent["ab"] == 2.8


def test_a_budget_that_cuts_a_stage_short_says_so(plan_of, scorer):
    plan, train = plan_of(STAGES[0], max_trials=3 + 2 + 10), scorer(bowl)
    found = run_procedure(plan, train)
    assert found.stopped == "the budget of 15 trials ran short in stage 1"
    assert {trial.weights["ab"] for trial in train.trials} == {1.0, 2.0, 3.0}


def test_a_repeat_that_needs_two_trainings_does_not_fit_a_budget_for_one(plan_of, scorer):
    repeats = {"baseline": 1, "decide": 2, "confirm": 1}
    stage = {"vary": "ab", "values": [3], "extend": False}
    plan = plan_of(stage, repeats=repeats, max_trials=5)
    train = scorer(bowl)
    assert run_procedure(plan, train).stopped == "the budget of 5 trials ran short in stage 1"
    assert len(train.trials) == 2


def test_a_study_that_ran_to_its_end_was_not_stopped(plan_of, scorer):
    assert run_procedure(plan_of(*STAGES), scorer(bowl)).stopped == ""


@settings(max_examples=60)
@given(
    budget=st.integers(14, 45),
    scores=st.lists(st.sampled_from([0.1, 0.2, 0.7, 0.9, inf]), min_size=60, max_size=60),
)
def test_whatever_happens_the_budget_is_kept(plan_of, scorer, budget, scores):
    given_out = iter([1.0, *scores])
    train = scorer(lambda w, seed: next(given_out))
    run_procedure(plan_of(*STAGES, max_trials=budget), train)
    assert len(train.trials) <= budget


def surface(random):
    """Where the best weights lie, and how deep; and noise, of which each seed has its share."""
    best = {name: random.uniform(-1.3, 1.3) for name in BEST}
    depth = {name: random.choice([0.02, 0.05, 0.1]) for name in BEST}
    of_seed = random.normal(0, 0.02, 200)

    def truth(weights):
        return sum(depth[name] * min(3.0, (log(weights[name]) - best[name]) ** 2) for name in BEST)

    def score(weights, seed, slope=1.0):
        return slope * truth(weights) + of_seed[seed] + random.normal(0, 0.03)

    return truth, score


WIDE = tuple({"vary": name, "values": [0.4, 2.5]} for name in BEST)


@pytest.mark.no_cover  # hundreds of searches, of which the others cover each line
def test_on_flat_surfaces_improvements_are_hardly_ever_claimed(plan_of, scorer):
    plan, claimed = plan_of(*WIDE), 0
    for number in range(200):
        _, score = surface(np.random.default_rng(number))
        found = run_procedure(plan, scorer(lambda w, seed, score=score: score(w, seed, slope=0.0)))
        claimed += found.best != plan.weights
    assert claimed <= 0.05 * 200


@pytest.mark.no_cover  # hundreds of searches, of which the others cover each line
def test_on_sloped_surfaces_the_interval_holds_the_true_gain(plan_of, scorer):
    plan, claims, held, gains = plan_of(*WIDE), 0, 0, []
    for number in range(800):
        truth, score = surface(np.random.default_rng(number))
        found = run_procedure(plan, scorer(score))
        gains.append(truth(plan.weights) - truth(found.best))
        if found.confirmation.seeds:
            gain = truth(plan.weights) - truth(found.incumbent)
            claims += 1
            held += found.confirmation.low <= gain <= found.confirmation.high
    assert claims > 300
    assert held >= 0.93 * claims
    assert np.mean(gains) > 0.03
