from tuner.distributed.worker_progress import WorkerProgress
from tuner.results.progress import Activity, StepsDone


def told(*updates, every=5):
    """The lines on updates that come every five seconds."""
    lines, clock = [], iter(range(-every, 10_000_000, every))
    progress = WorkerProgress(lines.append, lambda: float(next(clock)))
    for update in updates:
        progress(update)
    return lines


def test_a_new_activity_is_said_at_once_and_again_after_ten_seconds():
    photos = [Activity("reading photos", done, 9, "photos") for done in range(4)]
    assert told(*photos) == ["reading photos: 0 of 9 photos", "reading photos: 2 of 9 photos"]


def test_a_trial_that_begins_is_said_at_once_also_right_after_another_activity():
    scoring = Activity("scoring", 0, 2, "trials")
    assert told(StepsDone(4, 1), scoring, StepsDone(5, 1), StepsDone(6, 1), every=1) == [
        "training: trial 4 at step 1",
        "scoring: 0 of 2 trials",
        "training: trial 5 at step 1",
    ]


def test_training_is_said_by_the_step_that_all_have_reached():
    steps = [StepsDone(number, step) for step in (1, 2, 3) for number in (4, 5, 6)]
    assert told(*steps)[-1] == "training: trials 4, 5, 6 at step 3"
    assert told(*steps[:-1])[-1] == "training: trials 4, 5, 6 at step 2"


def test_trials_that_ended_are_not_counted():
    ended = [StepsDone(4, 8), StepsDone(5, 8), Activity("scoring", 2, 2, "trials")]
    assert told(*ended, StepsDone(6, 1))[-1] == "training: trial 6 at step 1"


def test_a_worker_of_days_says_little_but_something_every_ten_minutes():
    long = [StepsDone(4, step) for step in range(1, 2000)]
    lines = told(*long, every=100)
    assert lines[-1].startswith("training: trial 4 at step 199")
    assert len(lines) < 500
