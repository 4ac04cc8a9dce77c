import pytest
from small_study import (
    BEST,
    PREPARED,
    START,
    after,
    baseline,
    candidate,
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

from tuner.results.events import PictureTaken


def test_a_point_moves_its_trial_and_keeps_the_last_score():
    here = after(fresh(), started(baseline()), point(0, 0, 1.9), point(0, 250))
    assert here.underway[0].share == 0.25
    assert here.underway[0].score == 1.9
    assert here.underway[0].began == 20.0


def test_steps_never_go_back():
    here = after(fresh(), started(baseline()), point(0, 250), point(0, 125, 1.0))
    assert here.underway[0].step == 250


def test_a_point_of_an_unknown_trial_is_passed_over():
    assert after(fresh(), point(7, 100)).underway == {}


def test_work_is_counted_in_whole_trainings():
    here = after(fresh(), started(baseline(0)), started(baseline(1)), point(0, 250), point(1, 250))
    assert here.work == pytest.approx(0.5)
    assert after(here, ended(baseline(0))).work == pytest.approx(1.25)


def test_a_diverged_training_says_nothing_about_the_pace():
    here = after(fresh(), started(baseline()), point(0, 250), diverged(baseline()))
    assert here.work == pytest.approx(0.25)


def test_a_result_without_a_start_counts_without_pace():
    here = after(fresh(), ended(baseline()))
    assert list(here.results) == [0]
    assert here.work == 0


def test_only_time_in_which_something_trains_is_busy():
    here = after(fresh(), opened(), started(baseline()), point(0, 100), ended(baseline()), opened())
    assert here.busy == 20.0


def test_the_preparations_are_not_counted_as_training():
    assert after(fresh(), started(baseline()), PREPARED).busy == 0.0


def test_the_noise_is_known_when_the_baseline_is_complete():
    *most, last = whole_baseline()
    here = after(fresh(), *most)
    assert not here.noise_is_known
    here = after(here, last)
    assert here.noise_is_known
    assert here.noise.sd == pytest.approx(0.0141, abs=1e-4)


def test_the_incumbent_follows_the_stages():
    assert fresh().incumbent == START
    assert after(fresh(), judged(1, chosen=0.5)).incumbent == BEST


def test_an_earlier_run_is_taken_over():
    results = [ended(baseline(0), 0.65).result, ended(baseline(1), 0.67).result]
    here = fresh().resumed_with(results, [judged().stage])
    assert here.noise_is_known
    assert here.incumbent == BEST


def test_opening_again_forgets_what_was_underway():
    assert after(fresh(), started(baseline()), opened()).underway == {}


def test_the_outcome_ends_everything():
    here = after(fresh(), started(candidate()), finished())
    assert here.underway == {}
    assert here.noise.sd == 0.014


def test_a_picture_changes_nothing_but_the_time():
    picture = PictureTaken(number=0, step=0, name="samples", path="a.png")
    assert after(fresh(), picture) == fresh(heard=10.0)


def test_a_trial_without_steps_is_not_divided_by_them():
    here = after(fresh(), started(baseline().model_copy(update={"steps": 0})), point(0, 0))
    assert here.underway[0].share == 0.0
