"""`tuner resume`: lets a stopped study go on."""

from __future__ import annotations

from tuner.cli.options import Storage, Study, name_of, require_storage
from tuner.errors import TunerError


def resume(study: Study, storage: Storage = None) -> None:
    """Go on with a study that was stopped."""
    from tuner.display.pages import say
    from tuner.distributed.studies import StudyRegistry
    from tuner.distributed.submit import open_database

    name = name_of(study)
    with open_database(require_storage(storage), say) as database:
        submissions = StudyRegistry(database)
        submission = submissions.get(name)
        if submission.state == "finished":
            raise TunerError(
                f"'{name}' is finished; a larger budget opens it again: tuner submit --study "
                f"{name} --set budget.max_trials=..."
            )
        submissions.mark(submission, "open")
    say(f"'{name}' goes on.")
