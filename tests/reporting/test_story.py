import pytest
from sample_study import BEST, combination, compared, stage_one, stage_two

from tuner.reporting.story import (
    describe_combination,
    describe_rival,
    describe_stage,
    describe_start,
    plain,
)
from tuner.results import RivalResult, SurfacePoint


@pytest.mark.parametrize(
    ("value", "text"), [(4, "4.0"), (0.1 + 0.2, "0.3"), (1e-5, "1e-05"), (0.0, "0.0")]
)
def test_numbers_are_written_as_people_write_them(value, text):
    assert plain(value) == text


def test_the_session_begins_with_symptom_and_weights():
    assert describe_start("sepia", {"a": 1.0, "b": 0.1}) == "Initial (sepia): a=1.0, b=0.1"
    assert describe_start("", {"a": 1.0}) == "Initial: a=1.0"


def test_a_stage_that_found_better_is_told_as_in_the_guide():
    assert describe_stage(stage_two()) == (
        "Step 2 - Emphasize chrominance: ab_weight 2.0 -> 4.0, score 1.30 -> 1.19, better"
    )


def test_a_stage_without_a_reason_begins_with_its_weight():
    assert describe_stage(stage_two().model_copy(update={"because": ""})).startswith(
        "Step 2 - ab_weight 2.0 -> 4.0"
    )


def test_where_the_opposite_of_the_guides_direction_helped_the_step_says_so():
    up = {"chosen": 1.5, "best_tried": 1.5, "opposite": True}
    assert describe_stage(stage_one().model_copy(update=up)) == (
        "Step 1 - Reduce perceptual (the opposite helped): perceptual_weight 1.0 -> 1.5, "
        "score 1.41 -> 1.30, better"
    )
    kept = {"chosen": 1.0, "best_tried": 1.5, "opposite": True}
    assert "opposite" not in describe_stage(stage_one().model_copy(update=kept))


def test_a_combination_that_overrides_a_stage_says_why():
    worse = stage_two().model_copy(
        update={"chosen": 2.0, "comparison": compared(1.3, 1.4, "worse"), "best_tried": 3.0}
    )
    assert describe_combination(combination(), [stage_one(), worse]).endswith(
        "better; step 2 found ab_weight 3.0 worse, but moved it alone; all trials together expect "
        "a gain where the other weights move too"
    )
    away = worse.model_copy(update={"best_tried": 1.0})
    assert "worse" not in describe_combination(combination(), [away])


def test_a_stage_that_found_nothing_says_what_was_tried():
    same = {"chosen": 1.0, "comparison": compared(1.41, 1.405, "no difference")}
    assert describe_stage(stage_one().model_copy(update=same)) == (
        "Step 1 - Reduce perceptual: perceptual_weight stays 1.0 "
        "(0.3 tried: score 1.410 -> 1.405, no difference)"
    )


FLAT = tuple(
    SurfacePoint(value=v, gain=g, low=g - 0.1, high=g + 0.1) for v, g in ((0.3, 0.01), (1, 0))
)


def test_a_weight_that_does_nothing_is_told_apart_from_one_that_is_right_as_it_is():
    same = {"chosen": 1.0, "comparison": compared(1.41, 1.405, "no difference"), "curve": FLAT}
    stage = stage_one().model_copy(update={**same, "tried": ((0.3, 1.405), (1.0, 1.41))})
    assert describe_stage(stage).endswith(
        "no difference; no visible effect from 0.3 to 1.0, where one of 0.05 would be seen)"
    )


def test_a_difference_that_is_arithmetic_is_no_effect_at_all():
    flat = tuple(SurfacePoint(value=v, gain=0.0, low=0.0, high=0.0) for v in (0.3, 1.0))
    equal = compared(2.0, 2.0, "no difference").model_copy(update={"low": -3e-15, "high": 3e-15})
    same = {"chosen": 1.0, "comparison": equal, "curve": flat}
    stage = stage_one().model_copy(update={**same, "tried": ((0.3, 2.0), (1.0, 2.0))})
    assert describe_stage(stage).endswith("no difference; no effect at all from 0.3 to 1.0)")


@pytest.mark.parametrize(
    "change",
    [
        {"curve": (*FLAT, SurfacePoint(value=9, gain=-0.2, low=-0.3, high=-0.1))},
        {"curve": ()},
        {"tried": ((0.3, 1.405), (1.0, 1.41), (9.0, None))},
        {"comparison": compared(1.3, 1.4, "worse")},
        {"comparison": compared(1.3, 1.3, "no difference").model_copy(update={"high": None})},
        {"comparison": None},
    ],
)
def test_where_something_was_seen_or_nothing_could_be_no_effect_is_denied(change):
    same = {"chosen": 1.0, "comparison": compared(1.41, 1.405, "no difference"), "curve": FLAT}
    calm = {**same, "tried": ((0.3, 1.405), (1.0, 1.41))}
    assert stage_one().model_copy(update=calm).visible_from == pytest.approx(0.05)
    assert "no visible effect" not in describe_stage(
        stage_one().model_copy(update={**calm, **change})
    )


@pytest.mark.parametrize(
    ("best_tried", "why"),
    [
        (None, "every other value left early, was rejected or diverged"),
        (0.3, "0.3 could not be compared"),
    ],
)
def test_a_stage_where_all_diverged_says_so(best_tried, why):
    none = {"chosen": 1.0, "comparison": None, "best_tried": best_tried}
    assert describe_stage(stage_one().model_copy(update=none)).endswith(f"stays 1.0 ({why})")


def test_a_stage_that_was_given_up_says_why():
    same = {"chosen": 1.0, "comparison": compared(1.41, 1.405, "no difference"), "note": "hopeless"}
    assert describe_stage(stage_one().model_copy(update=same)).endswith("no difference; hopeless)")


def test_a_combination_names_every_weight_that_it_moved():
    assert describe_combination(combination()) == (
        "Step 3 - Combine: perceptual_weight 0.3 -> 0.42, l_weight 1.0 -> 0.6, "
        "score 1.19 -> 1.10, better"
    )


def test_a_combination_that_is_not_clearly_better_is_left_to_fresh_seeds():
    close = combination(comparison=compared(1.19, 1.17, "no difference"))
    assert describe_combination(close).endswith(
        "score 1.19 -> 1.17, not significant yet; tested next on new seeds"
    )


def test_a_combination_that_is_worse_is_not_kept():
    worse = combination(chosen=BEST, comparison=compared(1.19, 1.3, "worse"))
    assert describe_combination(worse) == (
        "Step 3 - Combine: stays (perceptual_weight=0.42, l_weight=0.6 tried: "
        "score 1.19 -> 1.30, worse)"
    )


def test_a_combination_without_a_proposal_says_so():
    none = combination(chosen=BEST, best_tried=None, comparison=None)
    assert describe_combination(none) == "Step 3 - Combine: nothing more promising was found"


def test_a_rival_is_told_with_its_gain_over_the_start():
    preset = RivalResult(name="vibrant", comparison=compared(1.41, 1.4, "no difference"))
    assert describe_rival(preset) == (
        "Instead, preset vibrant: score 1.410 -> 1.400, gain 0.010 "
        "(80 % interval -0.040 to 0.060), no difference"
    )
    assert describe_rival(RivalResult(name="rlw", comparison=None)) == (
        "Instead, random loss weighting: no score"
    )
