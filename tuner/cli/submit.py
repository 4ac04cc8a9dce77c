"""`tuner submit`: puts a study into a shared storage, for its workers."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tuner.cli.options import (
    Anyway,
    Directory,
    Photos,
    Quick,
    Restart,
    Sets,
    Steps,
    Storage,
    Study,
    load,
    require_storage,
)
from tuner.journal.workspace import found_by

if TYPE_CHECKING:
    from tuner.spec.study import StudySpec


def submit(
    study: Study,
    photos: Photos = None,
    steps: Steps = None,
    quick: Quick = False,
    sets: Sets = None,
    directory: Directory = Path(),
    restart: Restart = False,
    anyway: Anyway = False,
    storage: Storage = None,
) -> None:
    """Leave a study in a shared storage, for its workers."""
    spec = load(study, photos, steps, quick, sets)
    submit_and_show(
        spec, require_storage(storage), directory.absolute(), restart=restart, anyway=anyway
    )


def submit_and_show(spec: StudySpec, url: str, root: Path, *, restart: bool, anyway: bool) -> None:
    """Submits a study, and prints the next commands."""
    from tuner.display.pages import say
    from tuner.distributed.status import worker_statuses
    from tuner.distributed.submit import open_database, submit
    from tuner.journal.workspace import Workspace

    with open_database(url, say) as database:
        submission = submit(spec, database, Workspace(root), anyway=anyway, restart=restart)
        living = len(worker_statuses(submission, database))
    there = f"{living} worker{'s' if living > 1 else ''} serve" if living else "no worker serves"
    say(f"'{submission.name}' is left in {database.shown}; {there} it.")
    found = found_by(root, url)
    watch = shlex.join(["tuner", "status", "--study", submission.name, "--watch", *found])
    say(f"Watch it: {watch}")
    if not living:
        worker = shlex.join(["tuner", "worker", *found_by(storage=url)])
        say(f"Work on it, on any machine: {worker}")
