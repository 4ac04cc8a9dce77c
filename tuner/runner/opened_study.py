"""Opens a study: what is asked, completed by what is known before its first training."""

from __future__ import annotations

from tuner.journal.history import StudyHistory
from tuner.journal.history_builder import find_history
from tuner.journal.journals import FileJournal
from tuner.journal.workspace import Workspace
from tuner.reporting.session import describe_warm_start
from tuner.results.progress import Say
from tuner.runner.resume import as_recorded, earlier_run, refuse_other_settings
from tuner.runner.warm_start import with_learned
from tuner.runner.within_hours import within_hours
from tuner.spec.going_on import describe_going_on
from tuner.spec.study import StudySpec


def open_study(
    spec: StudySpec, workspace: Workspace, *, restart: bool, say: Say
) -> tuple[StudySpec, FileJournal, StudyHistory | None]:
    """The study, its journal, and what an earlier run left; `alone` has to hold its lock.

    The study is fitted into its hours, has the settings that an earlier run recorded, and what a
    warm start learns from another study.

    Args:
        restart: Sets an earlier run aside.

    Raises:
        TunerError: The earlier run cannot be gone on with, or the hours are too few.
    """
    begun = None
    if spec.budget.hours is not None and not restart:
        begun = find_history(workspace.folder(spec.study), curves=False)
    spec = within_hours(spec, begun, workspace.photo_cache, say)
    journal = earlier_run(spec, workspace, restart=restart, say=say)
    earlier = journal.history()
    spec = as_recorded(spec, earlier, say)
    spec = with_learned(spec, workspace) if earlier is None else spec
    refuse_other_settings(spec, earlier)
    if earlier is None and spec.learned is not None:
        say(describe_warm_start(spec.model_dump()))
    if earlier and len(spec.earlier) > len(earlier.parts):
        say(describe_going_on(spec))
    return spec, journal, earlier
