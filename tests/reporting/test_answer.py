"""What stands beside the claim, in sentences."""

import pytest
from sample_study import AB, IDLE, SIMPLER, combination, compared, stage_one

from tuner.reporting.answer import (
    describe_effect,
    describe_limits,
    describe_range,
    describe_share,
    describe_shares,
    describe_simplification,
    simplification_step,
)
from tuner.results import Share, Simplification, WeightEffect


def simplified(start, chosen, *set_back):
    return Simplification(start=start, chosen=chosen, set_back=set_back)


def still(name, value, **known):
    return WeightEffect(name=name, start=value, value=value, **known)


def test_weights_that_went_back_are_told_with_their_start():
    before = {"saturation_weight": 1.6, "l_weight": 9.0, "ab_weight": 4.0}
    after = {"saturation_weight": 0.1, "l_weight": 20.0, "ab_weight": 4.0}
    both = simplified(before, after, "saturation_weight", "l_weight")
    assert describe_simplification(both, 6) == (
        "Step 6 - Fewest changes: saturation_weight back to 0.1, l_weight back to 20.0: "
        "what they carried could not be told from noise."
    )


def test_one_weight_that_went_back_is_told_beside_one_that_was_refined():
    assert describe_simplification(SIMPLER, 4) == (
        "Step 4 - Fewest changes: perceptual_weight back to 1.0: what it carried could not be "
        "told from noise; ab_weight 7.0 -> 6.0: the optimum by all trials together, in round "
        "numbers."
    )


def test_a_value_that_was_refined_alone_is_told():
    finer = simplified({"ab_weight": 7.0}, {"ab_weight": 6.0})
    assert describe_simplification(finer, 2) == (
        "Step 2 - Round numbers: ab_weight 7.0 -> 6.0: the optimum by all trials together, in "
        "round numbers."
    )


def test_nothing_is_told_where_nothing_changed():
    same = simplified({"ab_weight": 7.0}, {"ab_weight": 7.0})
    refused = same.model_copy(update={"comparison": compared(1.0, 1.4, "worse")})
    assert [describe_simplification(one, 6) for one in (None, same, refused)] == [""] * 3


def test_the_step_comes_after_the_stages_and_the_combination():
    assert simplification_step((), None) == 1
    assert simplification_step((stage_one(),), None) == 2
    assert simplification_step((stage_one(),), combination()) == combination().number + 1


def test_a_weight_that_moved_is_told_with_its_range_and_its_share():
    assert (
        describe_effect(AB) == "ab_weight 2.0 -> 4.0 (3 to 6 are as good; carries 80 % of the gain)"
    )


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (None, "(3 to 6 are as good)"),
        (Share(value=1.2, low=0.9, high=1.5), "(3 to 6 are as good; carries all of the gain)"),
        (Share(value=-0.1, low=-0.3, high=0.1), "(3 to 6 are as good; carries none of the gain)"),
        (
            Share(value=0.2, low=-0.1, high=0.5),
            "(3 to 6 are as good; carries 20 %, perhaps none, of the gain)",
        ),
    ],
)
def test_a_share_is_told_as_far_as_it_is_known(share, words):
    assert (
        describe_effect(AB.model_copy(update={"share": share})) == f"ab_weight 2.0 -> 4.0 {words}"
    )


def test_a_weight_that_does_nothing_is_told_with_where_it_was_tried():
    assert describe_effect(IDLE) == (
        "saturation_weight stays 0.1 (does not matter between 0.025 and 2.0)"
    )
    assert describe_range(IDLE) == "0.025 to 2"
    assert describe_range(AB.model_copy(update={"as_good": (4.0, 4.0)})) == "only 4"


def test_a_weight_that_matters_and_stays_is_told_with_its_range():
    right = still("l_weight", 1.0, tried=(0.1, 10.0), as_good=(0.5, 1.5), matters=True)
    assert describe_effect(right) == "l_weight stays 1.0 (0.5 to 1.5 are as good)"
    sharp = right.model_copy(update={"as_good": (1.0, 1.0)})
    assert describe_effect(sharp) == "l_weight stays 1.0 (no other value is as good)"


def test_a_range_is_told_where_every_other_value_left_early():
    early = still("l_weight", 20.0, tried=(20.0, 20.0), as_good=(0.5, 40.0), matters=True)
    assert describe_effect(early) == "l_weight stays 20.0 (0.5 to 40 are as good)"


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ({"as_good": (1.0, 1.0)}, "better values break the guardrail of smooth"),
        (
            {"as_good": (1.0, 1.0), "tried": (1.0, 1.0)},
            "better values break the guardrail of smooth",
        ),
        (
            {"as_good": (0.5, 1.0)},
            "0.5 to 1 are as good; better values break the guardrail of smooth",
        ),
    ],
)
def test_better_values_that_a_guardrail_refuses_are_told(ends, words):
    known = {"tried": (0.1, 1.0), "matters": True, "refused": ("smooth",)} | ends
    assert describe_effect(still("l_weight", 1.0, **known)) == f"l_weight stays 1.0 ({words})"


def test_a_range_that_guardrails_leave_is_not_called_the_only_one():
    alone = still("l_weight", 0.2, tried=(0.1, 1.0), as_good=(0.2, 0.2), matters=True)
    assert (describe_range(alone), describe_limits(alone)) == ("only 0.2", "")
    for field, told in (
        ("refused", "better values break the guardrail of smooth"),
        ("broke", "other values break the guardrail of smooth"),
    ):
        guarded = alone.model_copy(update={field: ("smooth",)})
        assert (describe_range(guarded), describe_limits(guarded)) == ("0.2", told)
        assert describe_effect(guarded) == f"l_weight stays 0.2 ({told})"


@pytest.mark.parametrize(
    ("trained", "told"),
    [
        ((2.0, 4.0), "; the largest tried, larger may be better"),
        ((4.0, 8.0), "; the smallest tried, smaller may be better"),
        ((2.0, 8.0), ""),
        ((4.0, 4.0), ""),
        (None, ""),
    ],
)
def test_a_value_at_the_edge_of_what_was_tried_is_told_as_such(trained, told):
    effect = AB.model_copy(update={"trained": trained, "share": None})
    assert describe_effect(effect) == f"ab_weight 2.0 -> 4.0 (3 to 6 are as good{told})"
    idle = effect.model_copy(update={"matters": False})
    assert "tried" not in describe_effect(idle)


@pytest.mark.parametrize(
    ("values", "intervals", "told"),
    [
        ([1.0], False, False),
        ([0.6, 0.4], False, False),
        ([1.07], False, True),
        ([0.9, 0.5], False, True),
        ([0.9, -0.4], False, False),
        ([0.9], True, True),
    ],
)
def test_shares_above_the_whole_gain_are_explained(values, intervals, told):
    effects = [
        AB.model_copy(update={"share": Share(value=one, low=one - 0.3, high=one + 0.3)})
        for one in values
    ]
    said = describe_shares(effects, intervals=intervals)
    assert said.startswith("Shares can exceed 100 %") == told
    assert bool(said) == told


def test_of_a_weight_without_another_value_nothing_is_claimed():
    lonely = still("l_weight", 1.0, tried=(1.0, 1.0), as_good=(1.0, 1.0), matters=False)
    assert describe_effect(lonely) == "l_weight stays 1.0 (no other value could be compared)"


def test_a_share_has_its_interval():
    assert describe_share(Share(value=0.8, low=0.5, high=1.0)) == "80 % (50 % to 100 %)"
    assert describe_share(Share(value=0.1, low=-0.002, high=0.3)) == "10 % (0 % to 30 %)"


def test_the_only_weight_that_moved_carries_all():
    assert describe_share(Share(value=1.0, low=1.0, high=1.0)) == "100 %"
