"""`tuner stop`: stops a submitted study."""

from __future__ import annotations

import shlex

from tuner.cli.options import Storage, Study, name_of, require_storage
from tuner.errors import TunerError
from tuner.journal.workspace import found_by


def stop(study: Study, storage: Storage = None) -> None:
    """Stop a study once its workers have finished their trials."""
    from tuner.display.pages import say
    from tuner.distributed.studies import StudyRegistry
    from tuner.distributed.submit import open_database

    name = name_of(study)
    with open_database(require_storage(storage), say) as database:
        submissions = StudyRegistry(database)
        submission = submissions.get(name)
        if submission.state == "finished":
            raise TunerError(f"'{name}' is finished; there is nothing to stop")
        submissions.mark(submission, "stopped")
    again = shlex.join(["tuner", "resume", "--study", name, *found_by(storage=storage)])
    say(f"'{name}' is stopped; it goes on with: {again}")
