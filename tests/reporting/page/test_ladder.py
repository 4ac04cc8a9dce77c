import pytest
from sample_study import (
    SIMPLER,
    START,
    answered,
    combination,
    compared,
    finished,
    opened,
    stage_one,
    stage_two,
    study_with_a_combination,
    whole_study,
)

from tuner.reporting.page.ladder import rungs_of
from tuner.results.events import CombinationFinished, StageFinished


def test_the_ladder_goes_from_the_start_over_the_stages_to_the_confirmation(history):
    assert [rung.label for rung in rungs_of(history)] == [
        "Start weights, 3 seeds",
        "Step 1: perceptual_weight 1.0 → 0.3",
        "Step 2: ab_weight 2.0 → 4.0",
        "Confirmation, 5 fresh seeds",
    ]


def test_it_begins_with_the_trainings_of_the_baseline(history):
    start = rungs_of(history)[0]
    assert start.seeds == (1.40, 1.43, 1.40)
    assert start.after == pytest.approx(1.41)
    assert (start.before, start.low, start.verdict) == (None, None, None)


def test_the_interval_of_a_gain_lies_around_the_score_after(history):
    rung = rungs_of(history)[1]
    assert (rung.before, rung.after, rung.confidence) == (1.41, 1.3, 0.8)
    assert (rung.low, rung.high) == (pytest.approx(1.25), pytest.approx(1.35))
    assert rung.low < rung.after < rung.high


def test_what_was_not_taken_is_said_to_be_so(history_of):
    stays = stage_two().model_copy(
        update={"chosen": 2.0, "comparison": compared(1.3, 1.29, "no difference")}
    )
    rung = rungs_of(history_of([opened(), StageFinished(stage=stays, incumbent=START)]))[-1]
    assert rung.label == "Step 2: ab_weight 2.0 → 4.0, not taken"
    assert (rung.taken, rung.verdict) == (False, "no difference")


def test_a_stage_without_comparison_has_no_rung(history_of):
    lost = stage_one().model_copy(update={"comparison": None, "best_tried": None, "chosen": 1.0})
    assert rungs_of(history_of([opened(), StageFinished(stage=lost, incumbent=START)])) == ()


def test_an_unknown_interval_stays_unknown(history_of):
    one_seed = finished().confirmation.model_copy(
        update={"low": None, "high": None, "verdict": "no difference"}
    )
    rung = rungs_of(history_of([*list(whole_study())[:-1], finished(one_seed)]))[-1]
    assert (rung.low, rung.high, rung.confidence, rung.taken) == (None, None, None, False)


def test_without_fresh_seeds_there_is_no_confirmation(history_of, unfinished):
    nothing = finished(compared(1.4, 1.4, "no difference", seeds=()))
    told = rungs_of(history_of([*list(whole_study())[:-1], nothing]))
    assert told == rungs_of(unfinished)
    assert told[-1].label.startswith("Step 2")


def test_a_combination_is_a_rung_of_its_own(history_of):
    rungs = rungs_of(history_of(study_with_a_combination()))
    assert (rungs[-1].label, rungs[-1].taken) == ("Step 3: combined", True)
    assert (rungs[-1].before, rungs[-1].after) == (1.19, 1.1)
    kept = CombinationFinished(combination=combination(chosen=combination().start))
    rungs = rungs_of(history_of([*study_with_a_combination(), kept]))
    assert (rungs[-1].label, rungs[-1].taken) == ("Step 3: combined, not taken", False)


def test_fewest_changes_are_a_rung_where_something_changed(history_of):
    rungs = rungs_of(history_of([*study_with_a_combination(), answered()]))
    label = "Step 4: fewest changes, one seed"
    assert (rungs[-2].label, rungs[-2].verdict) == (label, "no difference")
    assert (rungs[-2].before, rungs[-2].after, rungs[-2].confidence) == (1.1, 1.09, None)
    same = SIMPLER.model_copy(update={"chosen": SIMPLER.start, "set_back": ()})
    rungs = rungs_of(history_of([*study_with_a_combination(), answered(simplification=same)]))
    assert rungs[-2].label == "Step 3: combined"


@pytest.mark.parametrize(("taken", "reached"), [(True, 1.1), (False, 1.19)])
def test_a_step_on_one_seed_begins_where_the_means_before_it_end(history_of, taken, reached):
    # The seed alone is 0.4 worse than the mean of all; the change gains 0.01 on it.
    one_seed = SIMPLER.model_copy(
        update={"set_back": (), "comparison": compared(1.5, 1.49, "no difference", seeds=(0,))}
    )
    events = list(study_with_a_combination())
    if not taken:
        kept = combination(chosen=combination().start)
        events.append(CombinationFinished(combination=kept))
    rung = rungs_of(history_of([*events, answered(simplification=one_seed)]))[-2]
    assert rung.label == "Step 4: round numbers, one seed"
    assert (rung.before, rung.after) == pytest.approx((reached, reached - 0.01))
