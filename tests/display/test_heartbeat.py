import pytest
from small_study import PREPARED, after, baseline, fresh, point, started

from tuner.display.heartbeat import describe_heartbeat
from tuner.results.events import TrainingPrepared
from tuner.results.progress import Activity, StepsDone

STARTS = "start networks"


def told(progress, *updates, every=10.0):
    """Tells what is done, one each `every` seconds."""
    for update in updates:
        progress = progress.told(update, progress.heard + every)
    return progress


def line(progress):
    return describe_heartbeat(progress, progress.heard)


def test_it_says_how_far_the_trials_are():
    here = after(fresh(), started(baseline(0)), started(baseline(1)), point(0, 500), point(1, 250))
    assert line(here) == (
        "training: 2 trials at step 250 of 1000; study: 0 of 6-21 trials, 6 %, 2-17 min left"
    )


def test_steps_count_before_the_first_point_of_a_curve():
    here = told(after(fresh(), started(baseline(0))), StepsDone(0, 3), StepsDone(0, 7))
    assert line(here).startswith("training: 1 trial at step 7 of 1000; study: 0 of 6-21 trials")


def test_where_nothing_is_done_there_is_nothing_to_say():
    assert line(fresh()) == ""
    assert line(after(fresh(), started(baseline()))) == ""


@pytest.mark.parametrize(
    ("update", "words"),
    [
        (Activity("loading PyTorch", 0, 1), "loading PyTorch"),
        (Activity("reading photos", 30, 300, "photos"), "reading photos: 30 of 300 photos"),
        (Activity("scoring", 1, 3, "trials"), "scoring: 1 of 3 trials"),
        (Activity("pictures", 0, 1, detail="stage 2"), "pictures (stage 2)"),
        (
            Activity(STARTS, 40, 200, "steps", "seeds 1, 2"),
            "start networks (seeds 1, 2): step 40 of 200",
        ),
    ],
)
def test_each_activity_is_named_with_what_is_done_of_it(update, words):
    assert line(told(fresh(), update)) == words


def test_an_activity_has_a_time_left_once_it_has_a_pace():
    reading = [Activity("reading photos", done, 300, "photos") for done in (0, 30, 60)]
    assert line(told(fresh(), *reading)) == "reading photos: 60 of 300 photos, 80 s left"


def test_an_activity_that_comes_back_has_the_pace_of_the_last_time():
    scored = told(fresh(), *(Activity("scoring", done, 2, "trials") for done in (0, 2)))
    assert line(told(scored, Activity("scoring", 0, 4, "trials"))) == (
        "scoring: 0 of 4 trials, 20 s left"
    )


def test_an_activity_is_over_when_all_is_done_and_when_trials_step():
    begun = told(after(fresh(), started(baseline(0))), Activity("scoring", 0, 2, "trials"))
    assert line(begun).startswith("scoring")
    assert told(begun, Activity("scoring", 2, 2, "trials")).activity is None
    late = Activity(STARTS, 199, 200, "steps")  # of a thread that counted before the last one
    assert told(begun, late, StepsDone(0, 1)).activity is None


def test_a_count_never_goes_back():
    here = told(fresh(), Activity("scoring", 2, 4), Activity("scoring", 1, 4))
    assert here.activity.now.done == 2


def test_networks_to_start_from_are_no_part_of_the_pace_of_trials():
    starts = (Activity(STARTS, done, 200, "steps", "seed 1") for done in (0, 100, 200))
    here = told(after(fresh(), started(baseline(0)), every=0.0), *starts, every=50.0)
    assert (here.busy, here.starting, here.started) == (50.0, 100.0, 1)


def scripted(progress):
    return after(progress, TrainingPrepared(facts={**PREPARED.facts, "trainer": "command"}))


def test_a_script_that_tells_no_steps_is_not_at_step_0():
    here = after(scripted(fresh()), started(baseline(0)), every=0.0)
    told_after = describe_heartbeat(here, here.heard + 180.0)
    assert told_after.startswith("training: 1 trial for 3 min, no step told yet; study: 0 of")


def test_a_slow_first_step_of_the_built_in_trainer_is_named():
    here = after(fresh(), started(baseline(0)), point(0, 0), every=0.0)
    assert describe_heartbeat(here, here.heard + 12.0).startswith(
        "training: 1 trial for 12 s, first step; study: 0 of"
    )
