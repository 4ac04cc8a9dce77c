import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.errors import StudyFileError
from tuner.spec.base import tidy
from tuner.spec.stage import StageSpec
from tuner.spec.stage_plan import StagePlan, same


def stage(low=0.0, high=100.0, **asked):
    return StagePlan(1, StageSpec(vary="ab", **asked), low, high)


def test_values_are_tried_in_ascending_order():
    assert stage(values=[3, 0.5, 2]).candidates(1.0) == (0.5, 2.0, 3.0)


def test_a_range_has_both_its_ends():
    assert stage(min=0.1, max=0.5, step=0.1).candidates(9.0) == (0.1, 0.2, 0.3, 0.4, 0.5)


def test_a_range_ends_with_the_last_step_inside():
    assert stage(min=1, max=2.5, step=1).candidates(9.0) == (1.0, 2.0)


def test_factors_follow_the_incumbent():
    assert stage(times=[0.5, 3]).candidates(0.2) == (0.1, 0.6)


def test_the_incumbents_own_value_counts_as_tried():
    assert stage(values=[1, 2, 3]).candidates(2.0) == (1.0, 3.0)
    assert stage(values=[0.1]).candidates(0.1 + 1e-12) == ()


def test_what_comes_twice_is_tried_once():
    assert stage(values=[2, 2.0, 2.0000000001]).candidates(1.0) == (2.0,)


def test_no_value_leaves_the_bounds():
    assert stage(low=0.5, high=2, times=[0.1, 1.5, 30]).candidates(1.0) == (0.5, 1.5, 2.0)


def test_numbers_are_as_people_write_them():
    assert stage(times=[3]).candidates(0.1) == (0.3,)
    assert tidy(1 / 3) == 0.333333
    assert tidy(123456789.0) == 123457000.0


def test_values_count_as_one_up_to_rounding():
    assert same(0.3, 0.1 * 3)
    assert same(0.0, 1e-12)
    assert not same(0.3, 0.3001)


def test_factors_go_on_by_the_ratio_at_the_edge():
    assert stage(times=[2, 4]).beyond((1, 2, 4), 4) == 8
    assert stage(times=[0.5, 0.25]).beyond((1, 0.5, 0.25), 0.25) == 0.125


def test_values_that_lie_close_go_on_in_wider_steps():
    assert stage(values=[1.1]).beyond((1, 1.1), 1.1) == tidy(1.1 * 1.5)
    assert stage(values=[0.9]).beyond((1, 0.9), 0.9) == 0.6
    assert stage(values=[0.2]).beyond((1, 0.3, 0.2), 0.2) == 0.133


def test_a_range_goes_on_by_its_step_in_both_directions():
    ranged = stage(min=2, max=4, step=1)
    assert ranged.beyond((2, 3, 4), 4) == 5
    assert ranged.beyond((2, 3, 4), 2) == 1


def test_a_range_goes_on_by_ratio_before_it_would_reach_zero():
    assert stage(min=1, max=3, step=1).beyond((1, 2, 3), 1) == 0.5


def test_beyond_zero_there_is_nothing():
    assert stage(values=[0]).beyond((0, 1), 0) is None


def test_upwards_from_zero_the_value_doubles():
    assert stage(values=[2]).beyond((0, 2), 2) == 4


def test_the_incumbent_may_be_the_edge_and_the_direction_against_the_guides():
    assert stage(values=[3, 4]).beyond((2, 3, 4), 2) == 1.33


def test_inside_there_is_nothing_beyond():
    assert stage(values=[1, 3]).beyond((1, 2, 3), 2) is None


def test_the_bound_is_the_last_value():
    bounded = stage(high=5, values=[2, 4])
    assert bounded.beyond((1, 2, 4), 4) == 5
    assert bounded.beyond((1, 2, 4, 5), 5) is None


def test_extending_can_be_switched_off():
    assert stage(values=[2], extend=False).beyond((1, 2), 2) is None


def test_a_single_value_has_no_direction():
    assert stage(values=[2]).beyond((2,), 2) is None


@given(
    tried=st.sets(st.integers(1, 9999), min_size=2, max_size=6),
    upwards=st.booleans(),
)
def test_what_lies_beyond_is_new_and_outside(tried, upwards):
    values = tuple(value / 100 for value in tried)
    best = max(values) if upwards else min(values)
    beyond = stage(low=1e-6, high=1e6, values=[1]).beyond(values, best)
    assert beyond > best if upwards else 0 < beyond < best


def test_the_same_seeds_serve_baseline_and_decision(plan_of):
    plan = plan_of(repeats={"baseline": 2, "decide": 4, "confirm": 3}, seed=7)
    assert plan.baseline_seeds == (7001, 7002)
    assert plan.decide_seeds == (7001, 7002, 7003, 7004)


@given(
    repeats=st.fixed_dictionaries(
        {
            "baseline": st.integers(2, 50),
            "decide": st.integers(1, 50),
            "confirm": st.integers(1, 50),
        }
    ),
    seed=st.integers(0, 2**31),
)
def test_the_claim_has_seeds_of_its_own(plan_of, repeats, seed):
    plan = plan_of(repeats=repeats, seed=seed)
    assert not {*plan.baseline_seeds, *plan.decide_seeds} & {*plan.confirm_seeds}
    next_study = (seed + 1) * 1000
    assert max(plan.confirm_seeds) < next_study


def refused(plan_of, *stages, **parts):
    with pytest.raises(StudyFileError) as refusal:
        plan_of(*stages, **parts)
    return refusal.value.mistakes


def test_without_a_repeat_nothing_can_be_judged(plan_of):
    (text,) = refused(plan_of, repeats={"baseline": 1, "decide": 1})
    assert text == (
        "small: repeats: baseline 1 and decide 1 leave the noise unknown, so that nothing could "
        "be judged (give one of them at least 2 seeds)"
    )


def test_a_budget_for_one_candidate_is_the_least(plan_of):
    (text,) = refused(plan_of, max_trials=13)
    assert text == (
        "small: budget.max_trials: 13 leaves nothing to try: 3 for the baseline, 10 for the "
        "confirmation, and at least 1 (allowed: 14 or more)"
    )
    assert plan_of(max_trials=14).max_trials == 14


def test_a_stage_of_a_weight_that_is_not_there_is_refused(plan_of):
    assert refused(plan_of, {"vary": "abb", "values": [1]}) == (
        "small: stages[0].vary: unknown weight 'abb' (did you mean 'ab'?)",
    )


def test_a_start_outside_its_bounds_is_refused(plan_of):
    assert refused(plan_of, bounds={"ab": (2, 5)}) == (
        "small: weights.ab: got 1, expected a value from 2 to 5 (bounds.ab)",
    )


def test_every_cycle_after_the_first_goes_round_in_narrower_steps(plan_of):
    plan = plan_of(
        {"vary": "ab", "values": [2, 4], "because": "more color"},
        {"vary": "sat", "times": [5]},
        {"vary": "ab", "values": [8]},
        cycles=3,
    )
    assert [stage.varied for stage in plan.stages] == ["ab", "sat", "ab", *["ab", "sat"] * 2]
    assert [stage.number for stage in plan.stages] == [1, 2, 3, 4, 5, 6, 7]
    assert plan.stages[3].candidates(2.0) == (1.4, 2.8)
    assert plan.stages[3].asked.because == "more color, in narrower steps"
    assert plan.stages[4].asked.because == "In narrower steps"


def test_weights_outside_their_bounds_are_moved_to_the_nearest(plan_of):
    plan = plan_of({"vary": "ab", "values": [2]}, bounds={"ab": (0.5, 3.0)})
    assert plan.within({"ab": 7.0, "sat": 1.0}) == {"ab": 3.0, "sat": 1.0}
