import pytest
from predictions import HEALTHY, SEPIA
from small_study import (
    BEST,
    COMBINING,
    PLAN,
    PREPARED,
    START,
    after,
    baseline,
    candidate,
    combined,
    confirming,
    diverged,
    ended,
    finished,
    fresh,
    judged,
    opened,
    point,
    started,
    whole_baseline,
)

from tuner.display.closing import closing
from tuner.display.sentences import (
    describe_earlier,
    describe_noise,
    describe_phase,
    describe_plan,
    describe_result,
    describe_trial,
    tell,
)
from tuner.results.events import FileMended, TrainingPrepared


def told(progress, event):
    return [line.text for line in tell(event, progress, after(progress, event))]


def after_baseline():
    return after(fresh(), *whole_baseline())


def test_the_plan_is_told_first():
    plan, start = told(fresh(), opened())
    assert plan == (
        "sepia-fix: 2 stages, one weight each (perceptual_weight, ab_weight); "
        "6 to 21 trials of 1000 steps."
    )
    assert start == "Initial (sepia tones): perceptual_weight=1.0, ab_weight=2.0"


def test_a_notice_is_told_once():
    assert told(fresh(), PREPARED) == ["NOTICE: LPIPS has a RANDOM trunk."]
    assert told(after(fresh(), PREPARED), PREPARED) == []


def test_a_remark_is_told_once_and_not_as_a_notice():
    known = TrainingPrepared(facts={}, remarks=("The score is 'psnr', higher is better.",))
    assert told(fresh(), known) == ["The score is 'psnr', higher is better."]
    assert told(after(fresh(), known), known) == []


def test_a_result_stands_beside_the_start_on_the_same_seed():
    assert told(after_baseline(), ended(candidate(3), 0.612)) == [
        "03 perceptual_weight=0.5 seed 1: score 0.612 (start 0.650)"
    ]


def test_without_a_start_on_that_seed_a_result_stands_alone():
    line = describe_result(ended(candidate(3, seed=9), 0.612).result, after_baseline())
    assert line == "03 perceptual_weight=0.5 seed 9: score 0.612"


def test_a_diverged_trial_says_why():
    assert told(after_baseline(), diverged(candidate(3))) == [
        "03 perceptual_weight=0.5 seed 1: diverged: the loss became nan at step 120"
    ]


def test_a_rejected_trial_says_why_and_what_it_scored():
    event = ended(candidate(3), 0.5, status="rejected", reason="the colors are noise")
    (line,) = tell(event, after_baseline(), after_baseline())
    assert line.text.endswith("score 0.500 (start 0.650); rejected: the colors are noise")
    assert line.tone == "bad"


def test_warnings_are_told_with_the_result():
    (line,) = told(after_baseline(), ended(candidate(3), 0.5, warnings=("one", "two")))
    assert line.endswith("(start 0.650); warning: one; warning: two")


def test_a_result_without_anything_says_so():
    assert told(fresh(), ended(baseline(), None)) == ["00 baseline seed 1: no score"]


def test_the_noise_is_told_when_the_baseline_is_complete():
    *most, last = whole_baseline()
    here = after(fresh(), *most)
    assert told(here, last)[1] == (
        "Start weights: score 0.660 (mean of 2 seeds). Noise of one training: 0.014. Smallest "
        "detectable gain: 0.044 per stage, 0.225 at the end, where other weights scatter no more "
        "than these."
    )


def test_seeds_that_left_the_same_are_no_proof_that_the_smallest_gain_would_be_seen():
    *most, last = (ended(baseline(seed), 0.66) for seed in (0, 1))
    assert told(after(fresh(), *most), last)[1] == (
        "Start weights: score 0.660 (mean of 2 seeds). Every seed left the same, so the noise of "
        "one training is not known."
    )


def test_with_the_noise_it_is_told_what_is_wrong_with_the_pictures():
    *most, last = (
        ended(baseline(seed), 0.65 + seed / 50, measures={**HEALTHY, **SEPIA}) for seed in (0, 1)
    )
    here = after(fresh(), *most)
    assert told(here, last)[2:] == [
        "Diagnosis of the start weights: sepia-cast (tint 9; healthy is below 4)."
    ]


NOISY = "color noise: colors change 3 times as much from pixel to pixel as in the photos"


@pytest.mark.parametrize(
    ("reason", "choice"),
    [(NOISY, " Or let them count: guardrails: {color_noise: warn}."), ("not a number", "")],
)
def test_start_weights_that_a_guardrail_rejects_are_told_before_the_stages(reason, choice):
    ill = {"status": "rejected", "reason": reason}
    first, last = (ended(baseline(number), 0.6, **ill) for number in (0, 1))
    here = after(fresh(), first)
    *_, notice = told(here, last)
    assert notice == (
        f"NOTICE: The start weights themselves break a guardrail ({reason}). Other values that do "
        "are rejected, however well they score; look at the pictures, and train longer where that "
        f"heals it.{choice}"
    )
    assert notice in [line.text for line in describe_earlier(after(here, last))]
    healthy = told(here, ended(baseline(1), 0.6))
    assert not any("guardrail" in line for line in healthy)


def test_a_plan_with_a_combination_says_so():
    assert describe_plan(COMBINING) == (
        "sepia-fix: 2 stages, one weight each (perceptual_weight, ab_weight), then a combination; "
        "6 to 26 trials of 1000 steps."
    )


def test_an_unknown_noise_is_called_unknown():
    assert describe_noise(fresh()) == "The noise is not known yet."


def test_a_stage_is_told_in_the_words_of_the_story():
    assert told(after_baseline(), judged()) == [
        "Step 1 - Reduce dominance: perceptual_weight 1.0 -> 0.5, score 0.66 -> 0.60, better"
    ]


def test_curves_are_seen_not_heard():
    assert told(fresh(), point(0, 100, 0.5)) == []


@pytest.mark.parametrize(("weights", "which"), [(START, "start"), (BEST, "best")])
def test_the_confirmation_says_which_weights_it_trains(weights, which):
    assert (
        describe_trial(confirming(9, weights), PLAN) == f"09 confirmation seed 101, {which} weights"
    )


def test_a_trial_that_sets_weights_back_is_called_as_in_other_places():
    setting_back = confirming(9, START).model_copy(update={"role": "ablation"})
    assert describe_trial(setting_back, PLAN) == "09 fewest changes seed 101"


def test_an_earlier_run_is_told_with_its_stages():
    here = after(after_baseline(), judged())
    texts = [line.text for line in describe_earlier(here)]
    assert texts[0] == "Going on with an earlier run, which finished 2 trials."
    assert texts[1].startswith("Start weights: score 0.660")
    assert texts[2].startswith("Step 1 - Reduce dominance")


def test_an_earlier_run_that_left_nothing_is_not_mentioned():
    assert describe_earlier(fresh()) == []


def test_an_earlier_run_may_have_left_a_single_trial():
    (line,) = describe_earlier(after(fresh(), ended(baseline())))
    assert line.text == "Going on with an earlier run, which finished 1 trial."


def test_the_phase_has_a_name():
    here = after(fresh(), started(baseline()))
    assert describe_phase(fresh()) == "getting ready"
    assert describe_phase(here) == "baseline"
    assert describe_phase(after(here, started(candidate()))) == "stage 1 of 2: perceptual_weight"
    assert describe_phase(after(here, started(confirming(9, START)))) == "confirmation"
    assert describe_phase(after(here, finished())) == "finished"
    judged_all = after(fresh(plan=COMBINING), *whole_baseline(), judged(1), judged(2, 2.0))
    assert describe_phase(judged_all) == "combination"
    assert describe_phase(after(judged_all, combined())) == "confirmation"


def test_a_combination_is_told_like_a_stage():
    line = (
        "Step 3 - Combine: perceptual_weight 1.0 -> 0.4, ab_weight 2.0 -> 3.3, "
        "score 0.60 -> 0.55, better"
    )
    here = after(fresh(plan=COMBINING), *whole_baseline())
    assert told(here, combined()) == [line]
    assert [each.text for each in describe_earlier(after(here, combined()))][-1] == line
    assert [each.text for each in closing(finished(), after(here, combined()))][1] == line


def test_a_file_that_was_damaged_is_a_notice_told_once():
    mended = FileMended(sentence="starts/seed-1.safetensors was damaged: it is trained again")
    assert told(fresh(), mended) == [f"NOTICE: {mended.sentence}"]
    assert told(after(fresh(), mended), mended) == []
