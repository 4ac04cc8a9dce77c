from sample_study import (
    carried,
    combination,
    finished,
    stage_one,
    study_with_a_combination,
    whole_study,
)

from tuner.journal.journal_file import Entry
from tuner.results import GuardrailCheck
from tuner.results.events import OF_THE_STUDY, CombinationFinished, StageFinished
from tuner.tracking.metric_points import metric_points


def points_of(*events):
    """The numbers that events have for the run of the study."""
    named = (pair for event in events for pair in metric_points(Entry(event, 100.0, 0)))
    return [point for number, point in named if number == OF_THE_STUDY]


def numbers(points, key):
    return [(point.step, point.value) for point in points if point.key == key]


def test_the_incumbent_comes_down_in_stairs():
    study = points_of(*whole_study())
    assert numbers(study, "incumbent/score") == [(0, 1.41), (1, 1.3), (2, 1.19)]
    assert numbers(study, "confirmation/gain") == [(0, 0.23)]


def test_a_combination_is_one_stair_more_and_brings_the_noise():
    study = points_of(*study_with_a_combination())
    assert numbers(study, "incumbent/score")[-1] == (3, 1.1)
    assert numbers(study, "noise/sd") == [(0, 0.02), (3, 0.02)]
    kept = combination(chosen=combination().start)
    stair = points_of(CombinationFinished(combination=kept))
    assert numbers(stair, "incumbent/score") == [(3, 1.19)]


def test_a_combination_that_was_not_compared_has_no_stair():
    nothing = combination(comparison=None, best_tried=None)
    assert points_of(CombinationFinished(combination=nothing)) == []


def test_a_guarded_number_of_the_claim_is_sent_as_its_change_in_its_own_sign():
    check = GuardrailCheck(
        metric="psnr", way="fall", margin=0.1, before=24.1, after=24.06, moved=0.04,
        low=-0.01, high=0.09,
    )  # fmt: skip
    claim = finished().confirmation.model_copy(update={"guardrails": (check,)})
    study = points_of(finished(claim))
    sent = {p.key: round(p.value, 9) for p in study if "psnr" in p.key}
    assert sent == {
        "confirmation/psnr_change": -0.04,
        "confirmation/psnr_change_low": -0.09,
        "confirmation/psnr_change_high": 0.01,
    }


def test_a_claim_without_interval_has_no_ends():
    claim = finished().confirmation.model_copy(update={"low": None, "high": None})
    keys = {p.key for p in points_of(finished(claim))}
    assert keys == {"confirmation/gain"}


def test_a_stage_where_nothing_was_scored_has_no_stair():
    nothing = stage_one().model_copy(update={"tried": ((1.0, None),), "chosen": 1.0})
    assert points_of(StageFinished(stage=nothing, incumbent={})) == []


def test_a_claim_has_an_interval_for_other_photos():
    study = points_of(carried())
    assert numbers(study, "confirmation/other_photos_low") == [(0, 0.004)]
    assert numbers(study, "confirmation/other_photos_high") == [(0, 0.456)]
