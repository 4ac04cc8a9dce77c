"""One sitting at the terminal with a shared storage."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from tuner.cli.session import introduce, write_results
from tuner.display.console import open_display
from tuner.display.pages import print_status, say
from tuner.distributed.database import Database
from tuner.distributed.process_specs import syncer_spec, worker_specs
from tuner.distributed.run_shared import run_shared
from tuner.distributed.status import worker_statuses
from tuner.distributed.studies import StudyRegistry
from tuner.distributed.submit import create_tables, open_database, submit
from tuner.distributed.supervisor import Supervisor
from tuner.distributed.worker_process import ProcessOptions
from tuner.errors import TunerError
from tuner.journal.history import read_history
from tuner.journal.workspace import Workspace
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec
from tuner.wording import some

SECONDS = 3.0
"""Between two looks of `tuner status --watch`."""


def run_shared_and_show(
    spec: StudySpec,
    url: str,
    root: Path,
    *,
    share: str | None,
    restart: bool,
    record: bool,
    anyway: bool,
) -> None:
    """Submits a study, helps with it, shows what all workers do, and writes the results here."""
    workspace = Workspace(root)
    with open_display(make_plan(spec)) as display:
        introduce(spec, display)
        run_shared(
            spec,
            url,
            workspace,
            display,
            display.note,
            anyway=anyway,
            restart=restart,
            record=record,
            share=share,
        )
    write_results(spec.study, workspace.folder(spec.study))


def submit_and_show(spec: StudySpec, url: str, root: Path, *, restart: bool, anyway: bool) -> None:
    """Leaves a study, and says what comes next."""
    with open_database(url, say) as database:
        submission = submit(spec, database, Workspace(root), anyway=anyway, restart=restart)
        living = len(worker_statuses(submission, database))
    there = f"{living} worker{'s' if living > 1 else ''} serve" if living else "no worker serves"
    say(f"'{submission.name}' is left in {database.shown}; {there} it.")
    say(f"Watch it: tuner status --study {submission.name} --watch")
    if not living:
        say("Work on it, on any machine: tuner worker")


def work(
    options: ProcessOptions, url: str, *, processes: int | None, gpus: str | None, record: bool
) -> None:
    """Keeps this machine's workers alive until they are done or a signal comes."""
    open_database(url, say).close()
    process_specs = worker_specs(options, url, processes=processes, gpus=gpus)
    everybody = [*process_specs, *([syncer_spec(options, url)] if record else [])]
    drained = Supervisor(everybody, _say_at_once).run()
    if drained and options.until_done:  # whoever started us to the end has to start us again
        raise KeyboardInterrupt


def stop_and_say(study: str, url: str) -> None:
    """Stops a study."""
    with open_database(url, say) as database:
        submissions = StudyRegistry(database)
        submission = submissions.get(study)
        if submission.state == "finished":
            raise TunerError(f"'{study}' is finished; there is nothing to stop")
        submissions.mark(submission, "stopped")
    say(f"'{study}' is stopped; it goes on with: tuner resume --study {study}")


def resume_and_say(study: str, url: str) -> None:
    """Opens a study again."""
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


def prepare_storage(url: str, *, only_check: bool) -> None:
    """Makes the tables of a storage, or looks whether they are there."""
    with Database(url, say) as database:
        if only_check:
            database.check()
        else:
            create_tables(database)
    say(f"{database.shown} is ready.")


def print_attendance(study: str, url: str) -> None:
    """Says who works on a study, and what keeps others from it."""
    with open_database(url, say) as database:
        submission = StudyRegistry(database).get(study)
        there = worker_statuses(submission, database)
    if submission.state == "stopped":
        say(f"It is stopped: {submission.reason or f'tuner resume --study {study} goes on'}")
    busy = [f"{one.name} (trial {some([*map(str, one.trials)])})" for one in there if one.trials]
    if submission.state == "open":
        say(f"Workers: {len(there)}, of which on this study: {some(busy) or 'none'}.")
    for one in there:
        if one.note:
            say(f"{one.name} {one.note}")


def watch_status(folder: Callable[[], Path], url: str | None) -> None:
    """Prints where a study stands, again and again, until it is finished."""
    before = None
    while True:
        history = read_history(folder())
        state = (len(history.results), tuple(history.running), history.finished)
        if state != before:
            if sys.stdout.isatty():
                print("\033[2J\033[H", end="")  # noqa: T201 - clears the terminal
            elif before is not None:
                say("")
            print_status(history)
            if url is not None:
                print_attendance(history.study, url)
            before = state
        if history.finished is not None:
            return
        time.sleep(SECONDS)


def _say_at_once(sentence: str) -> None:
    say(sentence)
    sys.stdout.flush()
