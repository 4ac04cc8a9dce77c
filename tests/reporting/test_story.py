import pytest
from sample_study import (
    BEST,
    START,
    combination,
    compared,
    finished,
    stage_one,
    stage_two,
)

from tuner.reporting.story import (
    describe_claim,
    describe_combination,
    describe_rival,
    describe_stage,
    describe_start,
    gain_intervals,
    plain,
)
from tuner.results import OtherPhotos, RivalResult, SurfacePoint

FIVE = (10, 11, 12, 13, 14)


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


def test_a_confirmed_claim_says_what_it_holds_for():
    assert describe_claim(finished(), START) == (
        "Confirmed on 5 fresh seeds: score 1.41 -> 1.18, gain 0.23 (95 % interval 0.15 to 0.31), "
        "better than the start weights. For other photos: unknown, as scores of single photos are "
        "not known."
    )


@pytest.mark.parametrize(
    ("beyond", "told"),
    [
        (
            {"low": 0.004, "high": 0.46, "photos": 8, "worse_on": 3},
            "For other photos: 0.00 to 0.46, as only 8 were there (worse on 3 of them).",
        ),
        (
            {"low": -0.03, "high": 0.49, "photos": 8, "worse_on": 3},
            (
                "For other photos: -0.03 to 0.49, perhaps no gain, as only 8 were there "
                "(worse on 3 of them)."
            ),
        ),
        (
            {"low": 0.12, "high": 0.34, "photos": 60, "worse_on": 0},
            "For other photos: 0.12 to 0.34, by the 60 that were there (worse on none of them).",
        ),
    ],
)
def test_a_claim_says_how_far_it_carries_to_other_photos(beyond, told):
    beyond = OtherPhotos(before=1.41, after=1.18, gain=0.23, **beyond)
    claim = finished().confirmation.model_copy(update={"other_photos": beyond})
    assert describe_claim(finished(claim), START).endswith(f"better than the start weights. {told}")


@pytest.mark.parametrize(
    ("after", "verdict", "begins", "ends"),
    [
        (
            1.19,
            "better",
            (
                "Confirmed on 5 fresh seeds and the 24 photos of the vault: score 1.35 -> 1.19, "
                "gain 0.16 (95 % interval 0.06 to 0.26), better than the start weights. "
            ),
            "",
        ),
        (
            1.30,
            "no difference",
            (
                "Not confirmed on 5 fresh seeds and the 24 photos of the vault: score 1.35 -> "
                "1.30, gain 0.05 (95 % interval -0.05 to 0.15), no difference beyond the noise; "
            ),
            "the start weights are kept. ",
        ),
    ],
)
def test_a_vault_decides_and_the_other_photos_stand_beside(after, verdict, begins, ends):
    gain = 1.35 - after
    vault = OtherPhotos(
        before=1.35, after=after, gain=gain, low=gain - 0.1, high=gain + 0.1,
        photos=24, worse_on=2, vault=True,
    )  # fmt: skip
    changed = {"other_photos": vault, "verdict": verdict}
    told = describe_claim(finished(finished().confirmation.model_copy(update=changed)), START)
    beside = "On the photos that were scored all along: gain 0.23 (95 % interval 0.15 to 0.31)."
    assert told == f"{begins}{ends}{beside}"


def test_both_intervals_of_a_claim_have_names():
    claim = finished().confirmation
    assert gain_intervals(claim) == {"seeds": "0.15 to 0.31"}
    beyond = OtherPhotos(
        before=1.41, after=1.18, gain=0.23, low=0.0, high=0.46, photos=8, worse_on=3
    )
    with_photos = claim.model_copy(update={"other_photos": beyond})
    assert gain_intervals(with_photos)["other_photos"] == "0.00 to 0.46"
    vault = beyond.model_copy(update={"vault": True})
    with_vault = claim.model_copy(update={"other_photos": vault})
    assert gain_intervals(with_vault)["vault"] == "0.00 to 0.46"


@pytest.mark.parametrize(
    ("after", "verdict", "words"),
    [
        (1.38, "no difference", "no difference beyond the noise; the start weights are kept."),
        (1.55, "worse", "worse than the start weights, which are therefore kept."),
    ],
)
def test_a_claim_that_does_not_hold_keeps_the_start_weights(after, verdict, words):
    claim = compared(1.41, after, verdict, confidence=0.95, seeds=FIVE)
    told = describe_claim(finished(claim, best_weights=START), START)
    assert told.startswith(f"Not confirmed on 5 fresh seeds: score 1.41 -> {after}, gain ")
    assert told.endswith(words)


def test_one_seed_has_no_interval():
    claim = compared(1.41, 1.18, "better", seeds=(7,)).model_copy(update={"low": None})
    assert "Confirmed on 1 fresh seed: " in describe_claim(finished(claim), START)
    assert "gain 0.23 (interval unknown)" in describe_claim(finished(claim), START)


@pytest.mark.parametrize(
    ("incumbent", "best", "words"),
    [
        (START, START, "Nothing better than the start weights was found; they are kept."),
        (BEST, START, "Not confirmed, as no fresh seeds were trained; the start weights are kept."),
        (BEST, BEST, "Not confirmed, as no fresh seeds were trained; these are the best weights"),
    ],
)
def test_without_fresh_seeds_nothing_is_claimed(incumbent, best, words):
    nothing = compared(1.4, 1.4, "no difference", seeds=())
    outcome = finished(nothing, incumbent_weights=incumbent, best_weights=best)
    assert describe_claim(outcome, START).startswith(words)
    without = outcome.model_copy(update={"confirmation": None})
    assert describe_claim(without, START) == describe_claim(outcome, START)


def test_an_early_end_is_told_after_the_claim():
    told = describe_claim(finished(stopped="the budget was spent"), START)
    assert told.endswith("not known. Stopped early: the budget was spent.")
