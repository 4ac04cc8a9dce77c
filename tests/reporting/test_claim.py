import pytest
from sample_study import AB, BEST, IDLE, START, compared, finished

from tuner.reporting.claim import describe_claim, gain_intervals
from tuner.results import OtherPhotos

FIVE = (10, 11, 12, 13, 14)


def test_a_confirmed_claim_says_what_it_holds_for():
    assert describe_claim(finished(), START) == (
        "Confirmed on 5 fresh seeds: score 1.41 -> 1.18, gain 0.23 (95 % interval 0.15 to 0.31), "
        "better than the start weights. For other data: unknown, as each training has a single "
        "number."
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


def test_better_weights_that_a_guardrail_refused_are_told():
    refused = AB.model_copy(update={"refused": ("smooth", "psnr")})
    outcome = finished(
        confirmation=compared(1.4, 1.4, "no difference", seeds=()),
        incumbent_weights=START, best_weights=START, effects=(refused, IDLE),
    )  # fmt: skip
    assert describe_claim(outcome, START) == (
        "Nothing better than the start weights keeps the guardrails of smooth and psnr; "
        "they are kept."
    )


def test_an_early_end_is_told_after_the_claim():
    told = describe_claim(finished(stopped="the budget was spent"), START)
    assert told.endswith("single number. Stopped early: the budget was spent.")
