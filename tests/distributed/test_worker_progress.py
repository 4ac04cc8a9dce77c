from tuner.distributed.worker_progress import WorkerProgress
from tuner.results.progress import Activity, StepsDone


def told(*updates):
    """The lines on updates that come every ten seconds."""
    lines, clock = [], iter(range(-10, 10_000, 10))
    progress = WorkerProgress(lines.append, lambda: float(next(clock)))
    for update in updates:
        progress(update)
    return lines


def test_a_new_activity_is_said_at_once_and_again_after_half_a_minute():
    photos = [Activity("reading photos", done, 9, "photos") for done in range(6)]
    assert told(*photos) == ["reading photos: 0 of 9 photos", "reading photos: 3 of 9 photos"]


def test_training_is_said_by_the_step_that_all_have_reached():
    steps = [StepsDone(number, step) for step in (1, 2) for number in (4, 5, 6)]
    assert told(*steps) == ["training: 3 trials at step 1", "training: 3 trials at step 2"]


def test_trials_that_ended_are_not_counted():
    ended = [StepsDone(4, 8), StepsDone(5, 8), Activity("scoring", 2, 2, "trials")]
    assert told(*ended, *(StepsDone(6, step) for step in range(1, 5)))[-1] == (
        "training: 1 trial at step 3"
    )
