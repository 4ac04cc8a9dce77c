import pytest
from sample_study import BEST, PHOTOS, record, stage_two, study_with_a_combination, whole_study

from tuner.journal.history_builder import read_history
from tuner.journal.pictures import save_squares
from tuner.journal.sample_recorder import GRAY, PHOTO, last_squares
from tuner.reporting.contact_sheet import draw_contact_sheet
from tuner.results.events import StageFinished
from tuner.runner.reporter import StudyReporter


class Told:
    """A journal that only knows the results of a study."""

    def __init__(self, history):
        self._history = history

    def results(self):
        return tuple(self._history.results.values())


def before_the_claim():
    for event in whole_study():
        yield event
        if isinstance(event, StageFinished) and event.stage.number == 2:
            return


@pytest.mark.parametrize("story", [before_the_claim, study_with_a_combination])
def test_a_contact_sheet_that_a_kill_left_undrawn_is_drawn_also_after_the_combination(
    tmp_path, story
):
    """The combination moves other weights too, so pictures of a stage do not have its weights."""
    folder = record(tmp_path / "sepia-fix", story())
    history = read_history(folder)
    for file in (GRAY, PHOTO, *(last_squares(folder, n) for n in history.results)):
        save_squares(folder / file, PHOTOS)
    shown = []
    reporter = StudyReporter(None, None, Told(history), folder, shown.append)
    reporter.recall(history)
    reporter.draw()
    [picture] = shown
    drawn = (folder / picture.path).read_bytes()
    assert draw_contact_sheet(folder, stage_two(), BEST, history.results.values()) == picture
    assert (folder / picture.path).read_bytes() == drawn
