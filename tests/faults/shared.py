"""A study that several workers share: a worker, and what a study came to."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
from faults.commands.studies import STUDIES
from faults.scoring import scores_of
from sqlalchemy import select

from tuner.distributed.context import WorkerContext
from tuner.distributed.database import Database
from tuner.distributed.journal_table import JournalTable, events_of
from tuner.distributed.registry import WorkerRegistry
from tuner.distributed.studies import StudyRegistry
from tuner.distributed.submit import create_tables, submit
from tuner.distributed.tables import leases
from tuner.distributed.worker import Worker, WorkerOptions
from tuner.errors.exits import exit_codes
from tuner.journal.workspace import Workspace
from tuner.results.events import TrialFinished

SPEC = STUDIES["evaluated"].spec
HEARTBEAT, GRACE = 0.05, 1.0
CONCLUSIONS = ("baseline finished", "stage finished", "study finished")


def leave(url: str, home: Path) -> None:
    """Makes the tables, and leaves the study there."""
    with Database(url) as database:
        create_tables(database)
        submit(SPEC, database, Workspace(home))


@exit_codes()
def work(url: str) -> None:
    """Is a worker that serves all studies until they are done."""
    with (
        Database(url) as database,
        WorkerRegistry(database, heartbeat=HEARTBEAT, grace=GRACE).entered() as registry,
    ):
        context = WorkerContext(database, registry, Workspace(Path.cwd()), evaluate=scores_of)
        Worker(context, WorkerOptions(until_done=True), lambda _sentence: None, poll=0.02).serve()


def came_to(url: str) -> dict[str, Any]:
    """Scores and conclusions of the study, without times and numbers of trials."""
    with Database(url) as database:
        lines = JournalTable(database, StudyRegistry(database).get(SPEC.study).uid, "").read()
    events = list(events_of(lines))
    scores = {
        (tuple(one.result.trial.weights.items()), one.result.trial.seed): one.result.score
        for one in events
        if isinstance(one, TrialFinished)
    }
    conclusions = [
        (event.event, event.model_dump(mode="json"))
        for event in events
        if event.event in CONCLUSIONS
    ]
    return {"scores": scores, "conclusions": conclusions}


def differences(url: str, whole: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a study of workers that were disturbed."""
    found = came_to(url)
    if found["conclusions"] != whole["conclusions"]:
        yield f"conclusions: {[name for name, _ in found['conclusions']]}"
    unequal = [key for key, score in whole["scores"].items() if found["scores"].get(key) != score]
    yield from (f"score of {key} differs" for key in unequal)
    yield from _twice(url)
    states = {
        one.state.name for one in optuna.load_study(study_name=SPEC.study, storage=url).trials
    }
    if "RUNNING" in states:
        yield "Optuna: a trial is RUNNING"


def _twice(url: str) -> Iterator[str]:
    with Database(url) as database:
        lines = JournalTable(database, StudyRegistry(database).get(SPEC.study).uid, "").read()
        with database.change() as connection:
            held = connection.execute(select(leases.c.what).where(leases.c.worker != "")).all()
    ended = Counter(
        one.result.trial.number for one in events_of(lines) if isinstance(one, TrialFinished)
    )
    yield from (
        f"trial {number} is told {count} times" for number, count in ended.items() if count > 1
    )
    if held:
        yield f"leases are held: {held}"
