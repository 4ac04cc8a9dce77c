import pytest
from sample_study import BEST, START, compared, finished, stage_one

from tuner.reporting.claim import describe_claim, describe_next_step
from tuner.reporting.guardrails import describe_check, guardrail_entries
from tuner.reporting.story import describe_stage
from tuner.results import GuardrailCheck, RefusedBetter
from tuner.results.score_unit import ScoreUnit

OF_THE_NOISE = "for the noise of the claim"
LPIPS = ScoreUnit("lpips")


def check(moved, low=None, high=None, way="fall", margin=0.1, before=24.1):
    after = before - moved if way == "fall" else before + moved
    return GuardrailCheck(
        metric="psnr", way=way, margin=margin, before=before, after=after, moved=moved,
        low=low, high=high,
    )  # fmt: skip


def claim_with(verdict, guard, gain=0.06):
    claim = compared(0.31, 0.31 - gain, verdict, margin=0.02, confidence=0.95, seeds=(1, 2, 3))
    return finished(
        claim.model_copy(update={"guardrails": (guard,)}),
        best_weights=BEST if verdict == "better" else START,
        metric="lpips",
    )


@pytest.mark.parametrize(
    ("guard", "told"),
    [
        (check(0.5), "psnr 24.10 -> 23.60, change -0.50, may fall by 0.1"),
        (
            check(0.04, -0.01, 0.09),
            "psnr 24.100 -> 24.060, change -0.040 (95 % interval -0.090 to 0.010), may fall by 0.1",
        ),
        (check(2.0, way="rise", margin=0), "psnr 24.10 -> 26.10, change 2.00, must not rise"),
        (
            check(0.09).model_copy(update={"reserve": 0.0123}),
            f"psnr 24.100 -> 24.010, change -0.090, may fall by 0.1, less 0.012 {OF_THE_NOISE}",
        ),
    ],
)
def test_a_guarded_number_is_read_in_its_own_sign(guard, told):
    assert describe_check(guard) == told


def test_rounding_does_not_hide_on_which_side_of_its_limit_an_interval_ends():
    told = describe_check(check(0.105, 0.05, 0.1532, margin=0.15, before=0.93))
    assert "95 % interval -0.153 to -0.050), may fall by 0.15" in told
    told = describe_check(check(0.31, -0.01, 0.5004, margin=0.5))
    assert "95 % interval -0.5004 to 0.0100), may fall by 0.5" in told


def test_a_claim_names_the_guardrail_that_holds():
    said = describe_claim(claim_with("better", check(0.04, -0.01, 0.09)), START, LPIPS)
    assert said.startswith("Confirmed on 3 fresh seeds: lpips 0.310 -> 0.250, gain 0.060")
    assert "better than the start weights. Guardrail holds: psnr 24.100 -> 24.060" in said


@pytest.mark.parametrize(
    ("guard", "why", "next_step"),
    [
        (check(0.5, 0.3, 0.7), "better, but a guardrail is broken: psnr 24.10 -> 23.60", False),
        (check(0.05, -0.1, 0.2), "better, but a guardrail is not shown to hold: psnr", True),
    ],
)
def test_a_claim_names_the_guardrail_that_stands_against_it(guard, why, next_step):
    ended = claim_with("guardrail", guard)
    said = describe_claim(ended, START, LPIPS)
    assert said.startswith("Not confirmed on 3 fresh seeds: lpips 0.310 -> 0.250, gain 0.060")
    assert why in said
    assert said.endswith("may fall by 0.1; the start weights are kept.")
    assert bool(describe_next_step(ended, "x")) == next_step


def test_a_stage_names_the_values_that_break_a_guardrail():
    broken = ((4.0, check(0.31)), (8.0, check(0.62)))
    moved = stage_one().model_copy(update={"broken": broken})
    told = "4.0 and 8.0 break a guardrail: psnr changes by -0.31 and -0.62, may fall by 0.1"
    assert describe_stage(moved, LPIPS).endswith(f", better ({told})")
    alone = moved.model_copy(update={"chosen": 1.0, "best_tried": None, "comparison": None})
    assert describe_stage(alone, LPIPS).endswith(f"perceptual_weight stays 1.0 ({told})")


def test_a_stage_says_why_its_best_value_stays_behind():
    comparison = compared(0.31, 0.25, "guardrail").model_copy(update={"guardrails": (check(0.5),)})
    stage = stage_one().model_copy(update={"chosen": 1.0, "comparison": comparison})
    assert describe_stage(stage, LPIPS).endswith(
        "perceptual_weight stays 1.0 (0.3 tried: lpips 0.310 -> 0.250, better, but a guardrail is "
        "broken: psnr 24.10 -> 23.60, change -0.50, may fall by 0.1)"
    )


def test_a_study_whose_better_values_were_all_refused_says_so():
    refused = (RefusedBetter(guardrail="psnr", sets=3), RefusedBetter(guardrail="kl", sets=1))
    nothing = compared(1.4, 1.4, "no difference", seeds=())
    ended = finished(nothing, best_weights=START, incumbent_weights=START)
    assert describe_claim(ended, START) == (
        "Nothing better than the start weights was found; they are kept."
    )
    assert describe_claim(ended.model_copy(update={"refused": refused}), START) == (
        "Nothing better than the start weights was found that keeps all guardrails; they are kept. "
        "Scored better on a seed, and refused: 3 sets of weights by the guardrail of psnr and 1 "
        "set of weights by the guardrail of kl."
    )


def test_programs_get_plain_numbers():
    assert guardrail_entries([check(0.04, -0.01, 0.09)]) == [
        {
            "metric": "psnr", "may_fall": 0.1, "before": 24.1, "after": 24.06, "change": -0.04,
            "interval": [-0.09, 0.01], "holds": True,
        }
    ]  # fmt: skip
