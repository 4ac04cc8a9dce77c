from itertools import chain
from math import inf, log

import pytest

from tuner.results import Noise
from tuner.search.context import SearchContext, reliable
from tuner.search.result_cache import training_key
from tuner.search.scale import Scale
from tuner.search.stage import run_stage
from tuner.search.surface_fit import fit_surface

QUIET = Noise(sd=1e-6, degrees=4, spread=0.0)


def parabola(best):
    return lambda weights, seed: log(weights["ab"] / best) ** 2 + seed / 10


def judge(plan, train, noise=QUIET, incumbent=None):
    scale, seen = Scale.of_plan(plan), {}

    def trained(groups):
        asked = list(chain(*groups))
        new = [trial for trial in asked if training_key(trial) not in seen]
        seen.update(zip(map(training_key, new), train(new), strict=True))
        return [seen[training_key(trial)] for trial in asked]

    def surface():
        return fit_surface(seen.values(), scale, noise)

    context = SearchContext(plan, scale, trained, lambda *_: noise, surface)
    return run_stage(plan.stages[0], incumbent or plan.weights, context)


def test_the_lowest_score_wins_and_is_carried_on(plan_of, scorer):
    plan = plan_of({"vary": "ab", "values": [2, 3, 4], "because": "more color"})
    stage = judge(plan, scorer(parabola(3)))
    assert (stage.start, stage.best_tried, stage.chosen) == (1.0, 3.0, 3.0)
    assert (stage.number, stage.varied, stage.because) == (1, "ab", "more color")
    assert stage.comparison.verdict == "better"
    assert stage.comparison.gain == pytest.approx(log(3) ** 2)
    assert stage.comparison.confidence == 0.8


def test_a_best_value_opposite_to_all_that_were_asked_for_is_told_apart(plan_of, scorer):
    asked = {"vary": "ab", "values": [0.3, 0.5]}
    up = judge(plan_of(asked), scorer(parabola(1.6)))
    assert (up.chosen > up.start, up.opposite) == (True, True)
    down = judge(plan_of(asked), scorer(parabola(0.5)))
    assert (down.chosen, down.opposite) == (0.5, False)


def test_everything_else_is_as_in_the_incumbent(plan_of, scorer):
    train = scorer(parabola(3))
    judge(plan_of({"vary": "ab", "values": [2, 3, 4]}), train, incumbent={"ab": 2.0, "sat": 7.0})
    assert {trial.weights["sat"] for trial in train.trials} == {7.0}
    assert {trial.weights["ab"] for trial in train.trials} == {2.0, 3.0, 4.0}


def test_trials_say_why_they_are_trained(plan_of, scorer):
    train = scorer(parabola(2))
    judge(plan_of({"vary": "ab", "values": [2, 4]}), train)
    roles = {(t.weights["ab"], t.seed): t.role for t in train.trials}
    assert roles[2.0, 1] == roles[4.0, 1] == "candidate"
    assert roles[2.0, 2] == roles[2.0, 3] == "repeat"
    assert {(t.stage, t.varied) for t in train.trials} == {(1, "ab")}


def test_only_the_best_is_repeated(plan_of, scorer):
    train = scorer(parabola(2))
    judge(plan_of({"vary": "ab", "values": [2, 4]}), train)
    assert [t.seed for t in train.trials if t.weights["ab"] == 2] == [1, 2, 3]
    assert [t.seed for t in train.trials if t.weights["ab"] == 4] == [1]


def test_what_is_clearly_worse_is_not_repeated(plan_of, scorer):
    train = scorer(parabola(1))
    stage = judge(plan_of({"vary": "ab", "values": [0.5, 2.5]}), train)
    assert (stage.best_tried, stage.chosen, stage.comparison.verdict) == (0.5, 1.0, "worse")
    assert {t.seed for t in train.trials} == {1}


def test_inside_the_noise_nothing_changes(plan_of, scorer):
    loud = Noise(sd=1.0, degrees=4, spread=1.0)
    stage = judge(plan_of({"vary": "ab", "values": [2, 3]}), scorer(parabola(3)), noise=loud)
    assert (stage.chosen, stage.comparison.verdict) == (1.0, "no difference")


def test_a_gain_that_cannot_be_seen_is_given_up_and_says_so(plan_of, scorer):
    train = scorer(lambda w, seed: seed + 0.05 * log(w["ab"]))
    loud = Noise(sd=0.1, degrees=4, spread=0.1)
    stage = judge(plan_of({"vary": "ab", "values": [2, 3], "extend": False}), train, noise=loud)
    assert stage.note.startswith("at best a gain of ")
    assert {trial.seed for trial in train.trials} == {1}


def test_a_weight_that_does_nothing_is_known_from_one_that_is_right_as_it_is(plan_of, scorer):
    plan = plan_of({"vary": "ab", "values": [0.25, 0.5, 2, 4]})
    noise = Noise(sd=0.01, degrees=8, spread=0.1)
    dead = judge(plan, scorer(lambda weights, seed: 1 + 0.001 * weights["ab"]), noise)
    right = judge(plan, scorer(parabola(1)), noise)
    assert dead.visible_from == pytest.approx(dead.comparison.high - dead.comparison.gain)
    assert right.visible_from is None
    assert dead.chosen == right.chosen == 1.0


def test_the_curve_goes_from_the_lowest_to_the_highest_value(plan_of, scorer):
    quiet = Noise(sd=0.01, degrees=4, spread=0.0)
    stage = judge(plan_of({"vary": "ab", "values": [2, 3, 4]}), scorer(parabola(3)), noise=quiet)
    assert (stage.curve[0].value, stage.curve[-1].value) == (1.0, 4.0)
    best = max(stage.curve, key=lambda response: response.gain)
    assert best.value == pytest.approx(3, rel=0.1)
    assert best.gain == pytest.approx(log(3) ** 2, rel=0.1)
    assert all(response.low <= response.gain <= response.high for response in stage.curve)
    assert stage.curve[0].gain == pytest.approx(0, abs=1e-9)


def test_while_the_noise_is_not_measured_on_pairs_the_lowest_score_counts(plan_of, scorer):
    drowned = Noise(sd=9.0, degrees=2, spread=9.0, paired=False)
    stage = judge(plan_of({"vary": "ab", "values": [2, 3, 4]}), scorer(parabola(3)), noise=drowned)
    assert (stage.best_tried, stage.curve, stage.note) == (3.0, (), "")
    assert stage.comparison.seeds == (1, 2, 3)


def test_at_an_edge_the_stage_goes_on_beyond_it(plan_of, scorer):
    stage = judge(plan_of({"vary": "ab", "values": [1.5, 2]}), scorer(parabola(3)))
    assert [value for value, _ in stage.tried] == [1.0, 1.5, 2.0, 3.0, 4.5]
    assert stage.chosen == 3.0


def test_it_goes_on_no_more_than_twice(plan_of, scorer):
    stage = judge(plan_of({"vary": "ab", "values": [2]}), scorer(parabola(9)))
    assert [value for value, _ in stage.tried] == [1.0, 2.0, 4.0, 8.0]


def test_it_goes_on_against_the_guides_direction(plan_of, scorer):
    stage = judge(plan_of({"vary": "ab", "values": [2, 3]}), scorer(parabola(0.5)))
    assert stage.chosen == 0.5


def test_scores_in_the_table_are_means_over_seeds(plan_of, scorer):
    stage = judge(plan_of({"vary": "ab", "values": [2, 4]}), scorer(lambda w, seed: seed - w["ab"]))
    assert dict(stage.tried)[2.0] == 1 - 2
    assert dict(stage.tried)[stage.chosen] == 2 - stage.chosen


def test_diverged_candidates_are_skipped(plan_of, scorer):
    explodes = scorer(lambda w, seed: inf if w["ab"] >= 3 else parabola(3)(w, seed))
    stage = judge(plan_of({"vary": "ab", "values": [2, 3]}), explodes)
    assert stage.chosen == 2.0
    assert stage.tried[-1] == (3.0, None)


def test_where_all_candidates_diverge_nothing_is_compared(plan_of, scorer):
    explodes = scorer(lambda w, seed: 1.0 if w["ab"] == 1 else inf)
    stage = judge(plan_of({"vary": "ab", "values": [0.5, 3]}), explodes)
    assert (stage.best_tried, stage.comparison, stage.chosen) == (None, None, 1.0)


def test_a_rejected_candidate_is_never_chosen(plan_of, scorer):
    tricky = scorer(parabola(3), rejects=lambda w, seed: w["ab"] == 3)
    stage = judge(plan_of({"vary": "ab", "values": [2, 3, 4]}), tricky)
    assert stage.chosen == 4.0
    assert dict(stage.tried)[3.0] is None


@pytest.mark.parametrize("fate", ["rejected", "diverged"])
def test_what_fails_on_a_later_seed_is_not_chosen_either(plan_of, scorer, fate):
    def fails(weights, seed):
        return (weights["ab"], seed) == (3, 2)

    if fate == "rejected":
        train = scorer(parabola(3), rejects=fails)
    else:
        train = scorer(lambda w, seed: inf if fails(w, seed) else parabola(3)(w, seed))
    stage = judge(plan_of({"vary": "ab", "values": [2, 3, 4]}), train)
    assert (stage.best_tried, stage.chosen) == (3.0, 1.0)
    assert (stage.comparison.low, stage.comparison.verdict) == (None, "no difference")


def test_an_incumbent_that_diverged_on_the_first_seed_can_still_be_beaten(plan_of, scorer):
    train = scorer(lambda w, seed: inf if (w["ab"], seed) == (1, 1) else parabola(3)(w, seed))
    stage = judge(plan_of({"vary": "ab", "values": [2, 3, 4]}), train)
    assert (stage.chosen, stage.comparison.seeds) == (3.0, (2, 3))


def test_an_incumbent_is_compared_even_where_a_guardrail_rejects_it(plan_of, scorer):
    train = scorer(parabola(3), rejects=lambda w, seed: w["ab"] == 1)
    assert judge(plan_of({"vary": "ab", "values": [2, 3, 4]}), train).chosen == 3.0


def test_a_stage_whose_only_value_is_the_incumbents_tries_nothing(plan_of, scorer):
    stage = judge(plan_of({"vary": "ab", "values": [1]}), scorer(parabola(3)))
    assert (stage.tried, stage.best_tried, stage.comparison) == (
        ((1.0, 0.1 + log(3) ** 2),),
        None,
        None,
    )


def test_results_are_reliable_where_none_of_them_failed(plan_of, scorer):
    trials = plan_of().trials_of({"ab": 1.0}, (1, 2))
    assert reliable(scorer(lambda w, seed: 1.0)(trials))
    assert not reliable(scorer(lambda w, seed: inf if seed == 2 else 1.0)(trials))
