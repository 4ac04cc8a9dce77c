"""`tuner resume`: lets a stopped study go on."""

from __future__ import annotations

import shlex

from tuner.cli.options import Storage, Study, name_of, require_storage
from tuner.errors import TunerError
from tuner.journal.workspace import found_by


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
            words = ["tuner", "submit", "--study", name, *found_by(storage=storage)]
            raise TunerError(
                f"'{name}' is finished; a larger budget opens it again: {shlex.join(words)} "
                "--set budget.max_trials=..."
            )
        submissions.mark(submission, "open")
    say(f"'{name}' goes on.")
