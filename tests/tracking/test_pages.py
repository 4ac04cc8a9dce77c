import pytest
from sample_study import (
    AB,
    AFTER_ONE,
    BEST,
    IDLE,
    START,
    answered,
    carried,
    compared,
    ended,
    finished,
    opened,
    record,
    stage_one,
    study_with_a_combination,
    told,
    trial,
    whole_study,
)

from tuner.journal.history_builder import fold, read_history
from tuner.journal.journal_file import Entry
from tuner.reporting.answer import describe_effect
from tuner.reporting.verdicts import run_name
from tuner.results import RivalResult
from tuner.results.events import StageFinished, TrialStarted
from tuner.tracking import pages


@pytest.fixture
def history(study_folder):
    return read_history(study_folder)


def unfinished(*events):
    return fold(Entry(event, 100.0 + i, 0) for i, event in enumerate((opened(), *events)))


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (trial(3, BEST, "candidate", stage=2, varied="ab_weight"), "03 ab_weight=4.0"),
        (trial(7, BEST, "repeat", stage=2, varied="ab_weight", seed=1), "07 ab_weight=4.0, seed 1"),
        (trial(0), "00 baseline, seed 0"),
        (trial(8, START, "confirmation", seed=9), "08 confirm start weights, seed 9"),
        (trial(9, BEST, "confirmation", seed=9), "09 confirm best weights, seed 9"),
        (trial(12, BEST, "candidate", stage=5), "12 combination 5, seed 0"),
        (trial(13, BEST, "ablation", stage=5), "13 fewest changes, seed 0"),
    ],
)
def test_names_sort_by_number_and_say_what_was_tried(asked, name):
    assert run_name(asked, START) == name


@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        (0, "start weights"), (3, "better"), (4, "diverged"), (5, "rejected"), (6, "better"),
        (7, "better"), (8, "start weights"), (9, "better"),
    ],
)  # fmt: skip
def test_every_trial_has_a_verdict(history, number, verdict):
    assert pages.trial_verdict(history, number) == verdict


def test_a_combination_has_verdicts_gains_and_a_reason(tmp_path):
    combined = read_history(record(tmp_path, study_with_a_combination()))
    verdicts = [pages.trial_verdict(combined, number) for number in (20, 21)]
    gains = [pages.trial_gain(combined, number) for number in (20, 21)]
    assert (verdicts, gains) == (["not chosen", "better"], ["-0.010", "+0.090"])
    assert "the surface through all trials promises most" in pages.trial_note(combined, 21)
    assert "Step 3 - Combine: perceptual_weight 0.3 -> 0.42" in pages.describe_session(combined)


def test_a_rival_has_the_verdict_of_the_comparison(tmp_path):
    rival = RivalResult(name="vibrant", comparison=compared(1.41, 1.3, "better"))
    *most, _ = whole_study()
    asked = trial(30, BEST, "rival", seed=10, rival="vibrant")
    story = [*most, *told(asked, 1.3), finished(rivals=(rival,))]
    compared_with = read_history(record(tmp_path, story))
    assert run_name(asked, START) == "30 instead: vibrant, seed 10"
    assert pages.trial_verdict(compared_with, 30) == "better"
    assert "to show what one would have got" in pages.trial_note(compared_with, 30)
    note = pages.study_note(compared_with, "", alive=False)
    assert "- Instead, preset vibrant: score 1.41 -> 1.30" in note


def test_a_stage_of_a_later_cycle_has_the_reason_that_it_was_judged_with():
    again = stage_one().model_copy(update={"number": 5, "because": "Once more"})
    tried = trial(9, AFTER_ONE, "candidate", stage=5, varied="perceptual_weight")
    before = unfinished(TrialStarted(trial=tried))
    after = unfinished(TrialStarted(trial=tried), StageFinished(stage=again, incumbent=AFTER_ONE))
    assert "Why this value" not in pages.trial_note(before, 9)
    assert "Why this value: Once more." in pages.trial_note(after, 9)


def test_values_that_were_not_the_best_are_not_chosen(tmp_path):
    three = trial(5, {**AFTER_ONE, "ab_weight": 3.0}, "repeat", stage=2, varied="ab_weight")
    two = trial(6, AFTER_ONE, "repeat", stage=2, varied="ab_weight")
    events = [e for e in whole_study() if e.event in {"stage finished", "study opened"}]
    history = read_history(record(tmp_path, [*events, ended(three, 1.27), ended(two, 1.3)]))
    assert pages.trial_verdict(history, 5) == "not chosen"
    assert pages.trial_verdict(history, 6) == "incumbent"
    assert pages.trial_gain(history, 6) == ""


def test_a_gain_is_of_the_seeds_that_both_were_trained_on(tmp_path):
    """The start was trained on a harder seed too, which is no merit of the value."""
    start = [
        ended(trial(n, AFTER_ONE, "repeat", seed=n, stage=2, varied="ab_weight"), score)
        for n, score in ((1, 1.30), (2, 1.90))
    ]
    three = trial(5, {**AFTER_ONE, "ab_weight": 3.0}, seed=1, stage=2, varied="ab_weight")
    events = [e for e in whole_study() if e.event in {"stage finished", "study opened"}]
    history = read_history(record(tmp_path, [*events, *start, ended(three, 1.32)]))
    assert pages.trial_gain(history, 5) == "-0.020"


def test_before_a_stage_is_judged_there_is_no_verdict():
    begun = trial(3, AFTER_ONE, "candidate", stage=1, varied="perceptual_weight")
    history = unfinished(TrialStarted(trial=begun))
    assert pages.trial_verdict(history, 3) == ""
    assert pages.trial_note(history, 3).startswith("This trial is running.")


def test_a_confirmation_waits_for_the_claim(tmp_path):
    history = read_history(record(tmp_path, list(whole_study())[:-1]))
    assert pages.trial_verdict(history, 9) == ""


def test_a_trials_note_answers_what_and_why(history):
    note = pages.trial_note(history, 6)
    assert note.splitlines()[0] == "Score 1.190, gain +0.110 over ab_weight=2.0: better."
    assert "Why this value: Emphasize chrominance." in note
    assert "seed 0, 300 steps" in note
    assert "made with" not in note  # a file of the study's run has it, once


def test_a_trials_latest_picture_stands_below_its_result(history):
    assert (
        pages.trial_note(history, 6, "get-artifact?x").split("\n\n")[1]
        == "![photos](get-artifact?x)"
    )


def test_a_note_says_why_a_trial_does_not_count(history):
    first = [pages.trial_note(history, number).splitlines()[0] for number in (4, 5)]
    assert first[0] == "Diverged: the loss became NaN at step 150"
    assert first[1] == "Rejected: color noise (score 1.270)"


def test_tags_name_study_stage_weight_and_seed(history):
    tags = pages.trial_tags(history, 6)
    assert tags["tuner.study"] == "sepia-fix"
    assert (tags["tuner.stage"], tags["tuner.varied"], tags["tuner.seed"]) == (
        "2",
        "ab_weight",
        "0",
    )
    assert (tags["tuner.state"], tags["tuner.verdict"]) == ("complete", "better")
    assert [key for key in tags if "from" in key] == ["tuner.from.training_network"]
    assert tags["tuner.from.training_network"] == "alex, random"
    assert "tuner.reason" not in tags


def test_the_studys_note_begins_with_the_verdict_and_tells_the_session(history):
    note = pages.study_note(history, "get-artifact?x", alive=False)
    verdict, session, *rest = note.split("\n\n")
    assert verdict.startswith("Confirmed on 5 fresh seeds: score 1.41 -> 1.18")
    assert verdict.endswith("Best weights: **perceptual_weight=0.3, l_weight=1.0, ab_weight=4.0, "
                            "saturation_weight=0.1**.")  # fmt: skip
    assert session.splitlines()[2] == (
        "- Step 2 - Emphasize chrominance: ab_weight 2.0 -> 4.0, score 1.30 -> 1.19, better"
    )
    assert "![photos](get-artifact?x)" in rest


def test_tags_of_the_study_name_both_intervals_of_the_claim(tmp_path):
    told = read_history(record(tmp_path, [*list(whole_study())[:-1], carried()]))
    tags = pages.study_tags(told)
    assert tags["tuner.gain.seeds"] == "0.15 to 0.31"
    assert tags["tuner.gain.other_photos"] == "0.00 to 0.46"


def test_the_studys_note_and_tags_tell_what_each_weight_does(tmp_path):
    told = read_history(record(tmp_path, [*list(whole_study())[:-1], answered()]))
    note, tags = pages.study_note(told, "", alive=False), pages.study_tags(told)
    assert "\n- Step 3 - Fewest changes: perceptual_weight back to 1.0" in note
    assert f"\n\n- {describe_effect(AB)}\n- {describe_effect(IDLE)}\n\n" in note
    assert tags["tuner.range.ab_weight"] == "3 to 6"
    assert tags["tuner.share.ab_weight"] == "80 % (50 % to 100 %)"
    assert tags["tuner.range.saturation_weight"] == "0.025 to 2"
    assert "tuner.share.saturation_weight" not in tags


@pytest.mark.parametrize(
    ("alive", "words"),
    [
        (True, "Under way: 0 of at most 12 trials"),
        (False, "Interrupted after 0 of at most 12 trials"),
    ],
)
def test_a_study_that_is_not_finished_says_so(alive, words):
    history = unfinished()
    assert pages.study_note(history, "", alive=alive).startswith(words)
    assert "![" not in pages.study_note(history, "", alive=alive)


def test_the_experiments_note_begins_with_a_sentence_and_links_the_leaderboard(history):
    note = pages.experiment_note(history, "7", alive=False)
    assert note.startswith("Confirmed")
    assert "(#/experiments/7/runs?workflowType=machine_learning&viewStateShareKey=l" in note


def test_a_study_without_provenance_or_symptom_has_neither():
    bare = opened().model_copy(update={"provenance": {}, "spec": {"weights": START}})
    history = fold([Entry(bare, 1.0, 0), Entry(finished(), 2.0, 0)])
    assert pages.study_tags(history).keys() == {
        "tuner.kind", "tuner.study", "tuner.study_uid", "tuner.gain.seeds"
    }  # fmt: skip
    assert "made with" not in pages.study_note(history, "", alive=False)


def test_pictures_are_addressed_through_mlflow():
    assert pages.picture_address("r1", "samples/best") == (
        "get-artifact?path=figures%2Fsamples-best.png&run_uuid=r1"
    )
