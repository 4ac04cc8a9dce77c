import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_study import (
    PREPARED,
    START,
    after,
    baseline,
    candidate,
    confirming,
    fresh,
    point,
    started,
    whole_baseline,
    whole_study,
)

from tuner.display.frame import ASCII, draw, shorten
from tuner.results.events import TrainingPrepared
from tuner.results.progress import Activity

NAME = "03 perceptual_weight=0.5 seed 1"


def drawn(progress, width=100, height=30, **more):
    lines = draw(progress, progress.heard, width, height, **more)
    return [line.plain.rstrip() for line in lines]


def stage_underway(count=2):
    here = after(fresh(), *whole_baseline())
    trials = [candidate(number) for number in range(2, 2 + count)]
    here = after(here, *map(started, trials), every=0.0)
    here = after(here, *(point(trial.number, 0, 1.9) for trial in trials), every=0.0)
    return after(here, *(point(trial.number, 500, 0.61) for trial in trials))


def test_before_anything_it_says_that_it_gets_ready():
    assert drawn(fresh(), 40) == ["", "sepia-fix, getting ready         0:00:00"]


def test_bars_for_trial_stage_and_study_say_how_much_and_how_long():
    lines = drawn(stage_underway(), 100)
    assert lines[1].startswith("sepia-fix, stage 1 of 2: perceptual_weight")
    assert [line.split()[0] for line in lines[2:5]] == ["trials", "stage", "study"]
    assert " 50 %  2 trials at step 500 of 1000 " in lines[2]
    assert "0 of 2-5 trials" in lines[3]
    assert "2 of 6-21 trials" in lines[4]
    assert all(line.endswith(" left") for line in lines[2:5])


def test_a_single_trial_is_no_plural():
    assert drawn(stage_underway(1))[2].startswith("trial ")


def test_trials_show_name_steps_and_score():
    assert drawn(stage_underway(1), 40)[5] == "02 perceptua…=0.5 seed 1  500/1000 0.610"


def test_a_confirmation_shows_its_weights():
    here = after(fresh(), started(confirming(9, START)), point(9, 10))
    assert drawn(here)[5].startswith("09 confirmation seed 101, start weights")


def test_six_trials_are_shown_and_the_others_counted():
    lines = drawn(stage_underway(8))
    assert sum(" seed " in line for line in lines) == 6
    assert "and 2 more" in lines


def test_trials_that_wait_are_only_counted():
    here = after(stage_underway(1), started(candidate(8)), started(candidate(9)))
    assert "2 waiting" in drawn(here)


def test_a_low_terminal_shows_fewer_trials():
    assert sum(" seed " in line for line in drawn(stage_underway(8), height=11)) == 2
    assert sum(" seed " in line for line in drawn(stage_underway(8), height=3)) == 0


def test_the_noise_is_shown_once_it_is_known():
    assert "noise of one training: 0.014" in drawn(stage_underway())
    assert not any("noise" in line for line in drawn(after(fresh(), started(baseline()))))


def reading(progress, done=150):
    for photos in (0, done):
        update = Activity("reading photos", photos, 300, "photos")
        progress = progress.told(update, progress.heard + 10)
    return progress


@pytest.mark.parametrize(
    ("width", "bar"),
    [
        (60, "reading photos   ━━━━━━━━━───────── 50 %  10 s left"),
        (80, "reading photos   ━━━━━━━━━───────── 50 %  150 of 300 photos  10 s left"),
    ],
)
def test_an_activity_has_a_bar_before_any_trial(width, bar):
    _, heading, line = drawn(reading(fresh()), width)
    assert heading.startswith("sepia-fix, getting ready")
    assert re.sub("[━─]+", "", line).split() == re.sub("[━─]+", "", bar).split()
    assert line.count("━") in (line.count("─"), line.count("─") + 1)


def test_networks_to_start_from_take_the_place_of_trials_that_wait():
    here = after(fresh(), started(baseline()))
    here = here.told(Activity("start networks", 50, 200, "steps", "seeds 1, 2"), here.heard)
    lines = drawn(here, 80)
    assert [line.split()[0] for line in lines[2:5]] == ["start", "stage", "study"]
    assert " 25 %  step 50 of 200" in lines[2]
    assert lines[5] == "seeds 1, 2"


def test_after_the_end_only_the_report_is_drawn():
    here = after(fresh(), *whole_study()).told(Activity("report", 0, 1), 1e4)
    assert [line.split()[0] for line in drawn(here)[1:]] == ["sepia-fix,", "report"]


def test_without_unicode_bars_are_ascii():
    lines = drawn(stage_underway(), 40, signs=ASCII)
    assert all(line.isascii() for line in lines)
    assert "###" in lines[2]


@given(st.integers(1, 200), st.integers(1, 40), st.lists(st.sampled_from(whole_study())))
def test_no_line_is_wider_than_the_terminal(width, height, events):
    lines = draw(reading(after(fresh(), *events)), 1e6, width, height)
    assert all(line.cell_len <= width for line in lines)
    assert len(lines) <= max(height, 8)


@pytest.mark.parametrize(
    ("width", "name"),
    [(40, NAME), (26, "03 perceptual_…=0.5 seed 1"), (5, "03 p…")],
)
def test_a_name_is_cut_where_it_hurts_least(width, name):
    assert shorten(NAME, width, "…") == name


@given(st.text(), st.integers(0, 50))
def test_a_cut_name_fits(name, width):
    assert len(shorten(name, width, "..")) <= width


def test_a_script_that_tells_no_steps_shows_its_time_and_no_bar_at_0():
    own = TrainingPrepared(facts={**PREPARED.facts, "trainer": "command"})
    here = after(after(fresh(), own), started(baseline()), every=0.0)
    lines = [line.plain for line in draw(here, here.heard + 12.0, 60, 24)]
    assert [line.split()[0] for line in lines[2:4]] == ["stage", "study"]
    assert lines[4].split() == ["00", "baseline", "seed", "1", "0:00:12"]
