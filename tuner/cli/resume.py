"""`tuner resume`: a stopped study goes on."""

from __future__ import annotations

from tuner.cli.options import Storage, Study, name_of, require_storage
from tuner.errors import TunerError


def resume(study: Study, storage: Storage = None) -> None:
    """Go on with a study that was stopped."""
    resume_and_say(name_of(study), require_storage(storage))


def resume_and_say(study: str, url: str) -> None:
    """Opens a study again."""
    from tuner.display.pages import say
    from tuner.distributed.studies import StudyRegistry
    from tuner.distributed.submit import open_database

    with open_database(url, say) as database:
        submissions = StudyRegistry(database)
        submission = submissions.get(study)
        if submission.state == "finished":
            raise TunerError(
                f"'{study}' is finished; a larger budget opens it again: tuner submit --study "
                f"{study} --set budget.max_trials=..."
            )
        submissions.mark(submission, "open")
    say(f"'{study}' goes on.")
