"""Watches a study that other processes train: their events, as its journal gets them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tuner.display.progress_view import ProgressView
from tuner.journal.history import StudyHistory
from tuner.journal.journal_file import Entry
from tuner.spec.plan import make_plan
from tuner.spec.study_file import recorded_study


def progress_so_far(
    history: StudyHistory, entries: Iterable[Entry], found_by: Sequence[str] = ()
) -> ProgressView:
    """The progress of a study by the times of its journal, so that its pace is known at once.

    Args:
        history: The study so far.
        entries: All entries of its journal.
        found_by: Options with which further commands find the study, such as `--directory runs`.
    """
    began = history.started
    progress = ProgressView(
        plan=make_plan(recorded_study(history.spec)),
        began=began,
        heard=began,
        unit=history.unit,
        found_by=tuple(found_by),
        parts=history.parts,
    )
    for entry in entries:
        progress = progress.after(entry.event, entry.at)
    return progress
