from small_study import candidate, history, opened, point, started, whole_baseline

from tuner.display.frame import draw
from tuner.display.watching import progress_so_far
from tuner.journal.journal_file import Entry

MINUTE = 60.0


def entries_of(events, every=MINUTE):
    """The journal of a study whose events came a minute apart."""
    return [
        Entry(at=number * every, event=event, offset_after=number + 1)
        for number, event in enumerate(events)
    ]


def test_a_study_that_others_train_has_bars_steps_and_time_left_at_once():
    events = [opened(), *whole_baseline(), started(candidate()), point(2, 500)]
    entries = entries_of(events)
    progress = progress_so_far(history(events), entries, ("--directory", "runs"))
    assert progress.found_by == ("--directory", "runs")
    assert {number: view.step for number, view in progress.underway.items()} == {2: 500}
    drawn = "\n".join(line.plain for line in draw(progress, entries[-1].at, 100, 30))
    assert "stage 1 of 2: perceptual_weight" in drawn
    assert "500/1000" in drawn
    assert "left" in drawn
