"""`tuner status`: prints where a study stands, and which workers train it."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuner.cli.options import AsJson, Directory, Storage, Study, folder_of, print_json
from tuner.journal.workspace import found_by

if TYPE_CHECKING:
    from tuner.journal.growing_journal import GrowingJournal
    from tuner.journal.history import StudyHistory
    from tuner.journal.journal_file import Entry

GETTING_READY = "getting ready"
"""What workers do before the first trial: photos and networks are loaded."""

SECONDS = 3.0
"""How long `tuner status --watch` waits before it reads the study again."""


def status(
    study: Study,
    directory: Directory = Path(),
    as_json: AsJson = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show its progress until it is finished.")
    ] = False,
    storage: Storage = None,
) -> None:
    """Tell where a study stands.

    With --json, incumbent is the best set so far, at the end the one that was claimed; best_weights
    is what is exported: null before the end, the start weights where no gain was confirmed.
    """
    if watch:
        found = found_by(directory, storage)
        watch_status(lambda: folder_of(study, directory, storage), storage, found)
        return
    from tuner.display.pages import print_status
    from tuner.journal.history_builder import read_history
    from tuner.reporting.tables import status_record

    history = read_history(folder_of(study, directory, storage), curves=False)
    if as_json:
        print_json(status_record(history))
    else:
        print_status(history, found_by(directory, storage))
    if storage is None and not as_json:
        print_standing(history, study, directory)
    if storage is not None and not as_json:
        print_attendance(history.study, storage, found_by(directory, storage))


def print_standing(history: StudyHistory, study: str, directory: Path) -> None:
    """Prints whether the study runs, is stopped or finished, and the command that goes on.

    Args:
        study: As it was asked for: its name, or the path of its file.
    """
    from tuner.cli.going_on import command_to_go_on
    from tuner.display.pages import say
    from tuner.journal.workspace import Workspace
    from tuner.runner.resume import is_running

    workspace = Workspace(directory)
    if history.finished is not None:
        say(f"It is finished; its best weights: {workspace.command('export', history.study)}")
    elif is_running(Workspace(directory.absolute()), history.study):
        say("It is running.")
    else:
        goes_on = command_to_go_on(history, study, workspace.options)
        say(f"It is stopped, nothing is lost; it goes on with: {goes_on}")


def watch_status(folder: Callable[[], Path], url: str | None, found_by: Sequence[str] = ()) -> None:
    """Prints where a study stands, then its progress, until it is finished."""
    from tuner.display.pages import print_status
    from tuner.journal.growing_journal import GrowingJournal
    from tuner.journal.history_builder import history_of

    finished = False
    while not finished:
        journal = GrowingJournal(folder)
        entries = journal.read() or ()
        history = history_of(journal.folder, entries)
        print_status(history, found_by)
        if url is not None:
            print_attendance(history.study, url, found_by)
        sys.stdout.flush()
        finished = history.finished is not None or _follow(history, entries, journal, url, found_by)


def _follow(
    history: StudyHistory,
    entries: Sequence[Entry],
    journal: GrowingJournal,
    url: str | None,
    found_by: Sequence[str],
) -> bool:
    """Shows what happens from now on; whether the study is finished, else it was opened again.

    Args:
        history: The study by now.
        entries: Of its journal, by now.
    """
    from tuner.display.console import display_of
    from tuner.display.watching import progress_so_far
    from tuner.results.events import StudyFinished, StudyOpened, TrialStarted
    from tuner.results.progress import Activity

    there = _workers(history.study, url, found_by)
    with display_of(progress_so_far(history, entries, found_by), sys.stdout, time.time) as display:
        if not history.trials:
            display.progress(Activity(GETTING_READY, 0, 1))
        for new in _news(journal):
            for entry in new:
                if isinstance(entry.event, StudyOpened):
                    return False
                if isinstance(entry.event, TrialStarted):
                    display.progress(Activity(GETTING_READY, 1, 1))
                display(entry.event)
                if isinstance(entry.event, StudyFinished):
                    return True
            before, there = there, _workers(history.study, url, found_by)
            for worker in there - before:
                display.note(worker)
    return False


def _news(journal: GrowingJournal) -> Iterator[Sequence[Entry]]:
    """What is new every few seconds; ends where another journal takes this one's place."""
    time.sleep(SECONDS)
    while (new := journal.read()) is not None:
        yield new
        time.sleep(SECONDS)


def _workers(study: str, url: str | None, found_by: Sequence[str]) -> set[str]:
    """What is told of workers as it changes; nothing without a shared storage."""
    return set(attendance(study, url, found_by, trials=False)) if url else set()


def print_attendance(study: str, url: str, found_by: Sequence[str] = ()) -> None:
    """Prints which workers train a study, and why others do not."""
    from tuner.display.pages import say

    for line in attendance(study, url, found_by):
        say(line)


def attendance(
    study: str, url: str, found_by: Sequence[str] = (), *, trials: bool = True
) -> list[str]:
    """Which workers train a study, and why others do not; a line each.

    Args:
        trials: Whether to tell which trials they have, which changes all the time.
    """
    from tuner.display.pages import say
    from tuner.distributed.status import worker_statuses
    from tuner.distributed.studies import StudyRegistry
    from tuner.distributed.submit import open_database
    from tuner.wording import some

    with open_database(url, say) as database:
        submission = StudyRegistry(database).get(study)
        there = worker_statuses(submission, database)
    lines = []
    if submission.state == "stopped":
        command = shlex.join(["tuner", "resume", "--study", study, *found_by])
        lines.append(f"It is stopped: {submission.reason or f'{command} goes on'}")
    if submission.state == "open":
        busy = [f"{w.name} (trial {some([*map(str, w.trials)])})" for w in there if w.trials]
        on_this = f", of which on this study: {some(busy) or 'none'}" if trials else ""
        lines.append(f"Workers: {len(there)}{on_this}.")
    return [*lines, *(f"{one.name} {one.note}" for one in there if one.note)]
