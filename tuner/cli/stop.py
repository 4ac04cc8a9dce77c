"""`tuner stop`: a submitted study is stopped."""

from __future__ import annotations

from tuner.cli.options import Storage, Study, name_of, require_storage
from tuner.errors import TunerError


def stop(study: Study, storage: Storage = None) -> None:
    """Stop a study once its workers have finished what they have in hand."""
    stop_and_say(name_of(study), require_storage(storage))


def stop_and_say(study: str, url: str) -> None:
    """Stops a study."""
    from tuner.display.pages import say
    from tuner.distributed.studies import StudyRegistry
    from tuner.distributed.submit import open_database

    with open_database(url, say) as database:
        submissions = StudyRegistry(database)
        submission = submissions.get(study)
        if submission.state == "finished":
            raise TunerError(f"'{study}' is finished; there is nothing to stop")
        submissions.mark(submission, "stopped")
    say(f"'{study}' is stopped; it goes on with: tuner resume --study {study}")
