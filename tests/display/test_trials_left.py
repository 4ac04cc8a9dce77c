from dataclasses import replace

from small_study import (
    BEST,
    COMBINING,
    PLAN,
    START,
    after,
    candidate,
    combined,
    confirming,
    ended,
    finished,
    fresh,
    judged,
    point,
    started,
    whole_baseline,
)

from tuner.display.forecast import trained_in
from tuner.display.sentences import describe_phase
from tuner.display.trials_left import (
    Range,
    current_phase,
    describe_count,
    done_in,
    left_in,
    left_in_all,
)
from tuner.spec.rivals import Rival
from tuner.spec.trial_count import most


def test_at_the_start_all_that_is_planned_is_left():
    # 2 baseline, 2 values each, 2 extensions in the first stage, 1 repeat each, 4 confirmations,
    # and 7 that tell before them which weights matter.
    assert left_in_all(fresh()) == Range(6, 21)
    assert left_in_all(fresh()).most == most(PLAN).trials


def test_a_judged_stage_has_nothing_left():
    here = after(fresh(), *whole_baseline(), ended(candidate()), judged())
    assert left_in(here, 1) == Range(0, 0)
    assert left_in(here, 2) == Range(2, 3)


def test_a_change_makes_the_confirmation_certain():
    here = after(fresh(), *whole_baseline(), judged(1, chosen=0.5))
    assert left_in(here, 3) == Range(4, 4 + 7)


def test_a_second_look_at_the_claim_is_among_the_most():
    plan = replace(PLAN, looks=(2, 4))
    assert left_in_all(fresh(plan=plan)) == Range(6, most(plan).trials) == Range(6, 21 + 4)
    here = after(fresh(plan=plan), *whole_baseline(), judged(1, chosen=0.5))
    assert left_in(here, 3) == Range(4, 4 + 7 + 4)


def test_a_combination_has_a_phase_of_its_own_before_the_confirmation():
    here = after(fresh(plan=COMBINING), *whole_baseline(), judged(1, chosen=0.5), judged(2, 2.0))
    assert (current_phase(here), left_in(here, 3)) == (3, Range(0, 5))
    assert left_in(here, 4) == Range(4, 4 + 7)


def test_a_judged_combination_has_nothing_left():
    stages = judged(1, chosen=1.0), judged(2, chosen=2.0)
    here = after(fresh(plan=COMBINING), *whole_baseline(), *stages, combined(START))
    assert left_in(here, 3) == Range(0, 0)
    assert left_in_all(here) == Range(0, 0)
    moved = after(fresh(plan=COMBINING), *whole_baseline(), *stages, combined())
    assert left_in_all(moved) == Range(4, 4 + 7)


def test_what_tells_which_weights_matter_belongs_to_the_confirmation_until_that_begins():
    here = after(fresh(), *whole_baseline(), judged(1, chosen=0.5), judged(2, chosen=2.0))
    ablation = confirming(20, BEST).model_copy(update={"role": "ablation", "stage": 3, "seed": 1})
    trained = after(here, ended(ablation, 0.5))
    assert left_in(trained, 3) == Range(4, 6 + 4)
    assert left_in(after(trained, started(confirming(21, START))), 3) == Range(4, 4)


def test_what_the_study_is_compared_with_comes_last_and_is_not_in_the_budget():
    rivals = (Rival("vibrant", START), Rival("rlw", START))
    plan = replace(PLAN, rivals=rivals, max_trials=7)
    here = after(fresh(plan=plan), judged(1, chosen=1.0), judged(2, chosen=2.0))
    assert left_in(here, 4) == Range(4, 4)
    assert left_in(here, 3) == Range(2, 4)
    training = confirming(20, START).model_copy(update={"role": "rival", "rival": "rlw"})
    begun = after(here, started(training))
    assert (current_phase(begun), describe_phase(begun)) == (4, "comparison")
    assert left_in_all(fresh(plan=plan)).most == 7 + 4


def test_without_a_change_there_is_nothing_to_confirm():
    here = after(fresh(), judged(1, chosen=1.0), judged(2, chosen=2.0))
    assert left_in_all(here) == Range(0, 0)


def test_a_confirmation_that_began_is_carried_through():
    here = after(fresh(), started(confirming(9, START)), started(confirming(10, BEST)))
    assert left_in(here, 3) == Range(4, 4)
    assert left_in(here, 1) == Range(0, 0)


def test_more_trials_than_were_planned_still_have_to_end():
    many = [started(candidate(number)) for number in range(10, 30)]
    assert left_in(after(fresh(), *many), 1) == Range(20, 20)


def test_the_budget_caps_what_is_left():
    here = fresh(plan=PLAN.__class__(**{**PLAN.__dict__, "max_trials": 7}))
    assert left_in_all(here) == Range(6, 7)


def test_a_deciding_seed_beyond_the_baseline_costs_the_first_stage_one_more():
    here = fresh(plan=PLAN.__class__(**{**PLAN.__dict__, "decide_seeds": (1, 2, 3)}))
    assert left_in(here, 1) == Range(2, 7)


def test_the_phase_is_where_the_latest_trials_are():
    here = after(fresh(), *whole_baseline())
    assert current_phase(here) == 0
    assert current_phase(after(here, started(candidate()))) == 1
    assert current_phase(after(here, judged(1))) == 2
    assert current_phase(after(here, judged(1), judged(2))) == 3


def test_trials_are_counted_in_their_phase():
    here = after(fresh(), *whole_baseline(), started(candidate()), point(2, 500))
    assert done_in(here, 0) == 2
    assert trained_in(here) == trained_in(here, 1) == 0.5
    assert trained_in(here, 0) == 0


def test_a_finished_study_has_nothing_left():
    assert left_in_all(after(fresh(), finished())) == Range(0, 0)


def test_equal_counts_are_told_as_one():
    assert describe_count(7, 7) == "7"
    assert describe_count(7, 9) == "7-9"
