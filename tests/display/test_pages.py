import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from sample_study import AB, IDLE, SIMPLER
from small_study import (
    COMBINING,
    PLAN,
    START,
    Terminal,
    combined,
    confirming,
    ended,
    history,
    whole_study,
)

from tuner.display.pages import print_plan, print_status, print_studies, print_study
from tuner.reporting.answer import describe_effect
from tuner.results import Noise, RivalResult
from tuner.spec.rivals import Rival
from tuner.spec.study_file import StudyHeading
from tuner.spec.trial_count import most


def printed(what, *things, stream=None, width=None):
    stream = stream or io.StringIO()
    what(*things, stream=stream, width=width)
    return stream.getvalue()


def test_a_plan_says_what_it_costs_before_the_table():
    lines = printed(print_plan, PLAN).splitlines()
    assert lines[0].endswith("6 to 21 trials of 1000 steps.")
    assert lines[1] == "Start weights: perceptual_weight=1.0, ab_weight=2.0"
    assert lines[2] == "First: 2 trials of the start weights, which measure the noise."
    assert lines[3].startswith("Then: up to 7 trials that set changed weights back")
    assert lines[4] == "At the end: 4 trials on fresh seeds, to confirm a gain."
    assert lines[6].startswith("stage")
    twice = printed(print_plan, replace(PLAN, looks=(2, 4))).splitlines()
    assert twice[4] == (
        "At the end: 4 trials on fresh seeds, to confirm a gain, and up to 4 more where that "
        "leaves it open."
    )


@pytest.mark.parametrize("seeds", [(1, 2), (1,)])
def test_what_a_plan_lists_adds_up_to_its_most_trials(seeds):
    plan = replace(COMBINING, decide_seeds=seeds, max_trials=999)
    lines = printed(print_plan, plan, width=400).splitlines()
    before, stages = lines[2 : lines.index("")], lines[lines.index("") + 2 :]
    counts = [int(count) for line in before for count in re.findall(r"\b\d+\b", line)]
    counts += [int(re.split(r"\s{2,}", line)[3].split("-")[-1]) for line in stages if line]
    assert sum(counts) == most(plan).trials


def test_a_plan_of_a_study_that_was_begun_knows_its_noise():
    noise = Noise(sd=0.014, degrees=2, spread=0.02)
    lines = printed(print_plan, replace(COMBINING, confirm_steps=9000), noise).splitlines()
    assert lines[2] == (
        "Noise of one training: 0.014. Smallest detectable gain: 0.026 per stage, 0.068 at the end."
    )
    assert "After the stages: up to 4 trials that move several weights at once," in lines[3]
    assert lines[5] == "At the end: 4 trials of 9000 steps on fresh seeds, to confirm a gain."


def test_status_and_study_tell_rivals_and_warnings():
    *most, last = whole_study()
    rival = RivalResult(name="rlw", comparison=None)
    last = last.model_copy(update={"warnings": ("Mind the rule.",), "rivals": (rival,)})
    status = printed(print_status, history([*most, last]))
    assert "Instead, random loss weighting: no score" in status
    assert status.endswith("Mind the rule.\n")
    assert "Instead, random loss weighting" in printed(print_study, history([*most, last]))


def test_status_and_study_tell_fewest_changes_and_what_each_weight_does():
    *most, last = whole_study()
    beside = {"simplification": SIMPLER, "effects": (AB, IDLE)}
    told = history([*most, last.model_copy(update=beside)])
    for page in (print_status, print_study):
        lines = printed(page, told, width=400).splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith("Confirmed on 2 fresh"))
        assert lines[at + 1 : at + 3] == [describe_effect(AB), describe_effect(IDLE)]
        assert sum(line.startswith("Step 3 - Fewest changes: ") for line in lines[:at]) == 1


def test_a_plan_that_compares_says_with_what():
    plan = replace(PLAN, rivals=(Rival("vibrant", START), Rival("rlw", START)))
    assert "Beside it, on the same seeds: 'vibrant' and 'rlw'; not counted in the budget." in (
        printed(print_plan, plan)
    )


def test_the_status_tells_the_combination():
    text = printed(print_status, history([*whole_study()[:16], combined()]))
    assert "Step 3 - Combine: perceptual_weight 1.0 -> 0.4, ab_weight 2.0 -> 3.3" in text
    assert "Best weights so far: perceptual_weight=0.4, ab_weight=3.3" in text


def test_the_status_of_a_running_study_says_what_runs():
    text = printed(print_status, history(whole_study()[:12]))
    assert "sepia-fix: 2 of at most 18 trials finished." in text
    assert "02 perceptual_weight=0.3 seed 1, 03 perceptual_weight=0.5 seed 1" in text
    assert "Best weights so far: perceptual_weight=1.0" in text


def test_the_status_of_a_finished_study_is_its_claim():
    text = printed(print_status, history(whole_study()))
    assert "Step 1 - Reduce dominance" in text
    assert "Noise of one training: 0.014." in text
    assert "Confirmed on 2 fresh seeds" in text
    assert text.splitlines()[-1] == "Best weights: perceptual_weight=0.5, ab_weight=2.0"


def test_a_study_without_a_noise_is_silent_about_it():
    *most, last = whole_study()
    text = printed(print_status, history([*most, last.model_copy(update={"noise": None})]))
    assert "Noise" not in text


def test_a_finished_study_ends_with_its_claim():
    lines = printed(print_study, history(whole_study())).splitlines()
    assert lines[0].startswith("step")
    assert lines[-2].startswith("Confirmed on 2 fresh seeds")
    assert lines[-1] == "Best weights: perceptual_weight=0.5, ab_weight=2.0"


def test_an_unfinished_study_ends_with_its_trials():
    lines = printed(print_study, history(whole_study()[:4])).splitlines()
    assert lines[-1].split() == ["01", "baseline", "2", "running"]


def test_studies_and_presets_are_listed():
    headings = [
        StudyHeading("sepia-fix", "Sepia [tones]", Path("a.yaml"), shipped=True),
        StudyHeading("mine", "Too gray", Path("studies/mine.yaml"), shipped=False),
    ]
    lines = printed(print_studies, headings, {"legacy": START}).splitlines()
    assert lines[0].split(maxsplit=1) == ["sepia-fix", "Sepia [tones]"]
    assert lines[1].endswith("Too gray (studies/mine.yaml)")
    assert lines[2].startswith("weights: legacy")


def test_a_pipe_gets_no_colors_whatever_the_environment_says(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in printed(print_study, history(whole_study()))


@pytest.mark.parametrize("width", [40, 60, 100])
def test_a_terminal_of_any_width_will_do(width):
    stream = Terminal()
    printed(print_status, history(whole_study()), stream=stream, width=width)
    printed(print_study, history(whole_study()), stream=stream, width=width)
    printed(print_plan, PLAN, stream=stream, width=width)
    assert "perceptual_weight=0.5" in stream.getvalue()


def test_standard_output_is_the_default(capsys):
    print_plan(PLAN)
    assert capsys.readouterr().out.startswith("sepia-fix: 2 stages")


@pytest.mark.parametrize(
    ("width", "lacking"),
    [
        (80, "intervals of gains, reasons of steps and remarks on trials"),
        (50, "numbers and gains of steps, reasons of steps and remarks on trials"),
    ],
)
def test_a_narrow_table_says_what_it_leaves_out_and_how_to_see_it(width, lacking):
    told = printed(print_study, history(whole_study()), ("--directory", "runs"), width=width)
    assert (
        f"Left out at {width} columns: {lacking}; shown from 90 columns on, and by "
        "tuner show --study sepia-fix --json --directory runs"
    ) in " ".join(told.split())


@pytest.mark.parametrize("events", [whole_study(), whole_study()[:4]])
def test_a_table_that_leaves_nothing_out_says_nothing_of_it(events):
    width = 90 if len(events) > 4 else 50
    assert "Left out" not in printed(print_study, history(events), width=width)


def test_the_weights_of_trials_that_move_several_at_once_are_told():
    tried = confirming(20, {"perceptual_weight": 0.4, "ab_weight": 3.3}).model_copy(
        update={"role": "combination", "stage": 3}
    )
    told = printed(print_study, history([*whole_study()[:-1], ended(tried, 0.55)]))
    assert "Weights of trial 5: perceptual_weight=0.5, ab_weight=2.0\n" in told
    assert "Weights of trial 20: perceptual_weight=0.4, ab_weight=3.3\n" in told
    assert told.count("Weights of") == 2
