import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_study import (
    after,
    baseline,
    fresh,
    point,
    started,
    whole_study,
)

from tuner.display.forecast import describe_time, share_done, time_for, time_for_trials, trained_in
from tuner.display.trials_left import (
    Range,
    left_in_all,
)


def test_the_share_lies_in_the_middle_of_the_range():
    assert share_done(2, Range(1, 3), 1.0) == 0.75
    assert share_done(0, Range(0, 0), 0.0) == 1.0


def test_time_follows_from_the_pace_of_all_trials_together():
    # Two trials side by side, half trained after 40 s: 40 s a training.
    here = fresh(heard=40.0, busy=40.0, work=1.0)
    left = time_for(here, Range(2, 4), 0.0, now=40.0)
    assert left.least == pytest.approx(80 / 1.1)
    assert left.most == pytest.approx(160 * 1.1)


def test_time_passes_between_two_events():
    here = after(fresh(busy=30.0, work=1.0), started(baseline()))
    early, late = (time_for(here, Range(2, 2), 0.0, here.heard + wait) for wait in (0, 7))
    assert early.most - late.most == pytest.approx(7)


def test_no_pace_no_promise():
    assert time_for(fresh(), Range(1, 1), 0.0, now=5.0) is None
    assert describe_time(None) == ""


def test_the_slowest_of_the_trials_decides():
    here = after(fresh(), started(baseline(0)), started(baseline(1)), point(0, 0), point(1, 0))
    here = after(here, point(0, 500), point(1, 250))
    # The first took 20 s for its half, the second 20 s for a quarter; 10 s passed since.
    assert time_for_trials(here, here.heard).most == pytest.approx(60)
    assert time_for_trials(here, here.heard + 1000) == Range(0, 0)


def test_a_trial_that_only_began_promises_nothing():
    assert time_for_trials(after(fresh(), started(baseline()), point(0, 0)), 30.0) is None


@pytest.mark.parametrize(
    ("least", "most", "words"),
    [
        (0, 0, "almost done"),
        (0, 3, "up to 5 s left"),
        (18, 20, "20 s left"),
        (20, 40, "20-40 s left"),
        (130, 170, "2-3 min left"),
        (20, 170, "up to 3 min left"),
        (170, 180, "3 min left"),
        (3600, 9000, "1-2.5 h left"),
        (86400, 86400 * 3, "1-3 days left"),
    ],
)
def test_time_is_told_as_people_say_it(least, most, words):
    assert describe_time(Range(least, most)) == words


@given(st.floats(0, 1e7), st.floats(0, 1e7))
def test_told_time_is_short_and_never_negative_or_infinite(one, other):
    told = describe_time(Range(min(one, other), max(one, other)))
    assert len(told) <= len("up to 55.5 days left!")
    assert not told.startswith("-")
    assert "inf" not in told


@given(st.lists(st.sampled_from(whole_study()), max_size=30), st.floats(0, 100))
def test_whatever_was_told_what_is_left_is_a_range(events, every):
    here = after(fresh(), *events, every=every)
    left = left_in_all(here)
    time = time_for(here, left, trained_in(here), here.heard + 5)
    assert 0 <= left.least <= left.most
    assert time is None or 0 <= time.least <= time.most < math.inf
