"""How many SQL statements a trial of a shared study takes, by the number of its workers.

    python benchmarks/many_workers.py [--workers 1 4 16] [--trials 75]

All workers run in this process, each with connections and a folder of its own, on one SQLite file;
a function stands in place of training. While a worker trains, the next one has its turn, so all
hold trials at the same time, and the count does not depend on the clock. What does depend on it is
not counted: the heartbeat of a worker (4 statements every 5 s) and its looks while it waits (2 a
second). It is a part of `benchmarks/growth.py`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from large_studies import large_study, scores
from sqlalchemy import Engine, event

from tuner.distributed.context import WorkerContext
from tuner.distributed.database import Database
from tuner.distributed.journal_table import JournalTable, results_of
from tuner.distributed.overview import read_overview
from tuner.distributed.registry import WorkerRegistry
from tuner.distributed.shared_study import SharedStudy
from tuner.distributed.studies import StudyRegistry, SubmittedStudy
from tuner.distributed.submit import open_database, submit
from tuner.journal.workspace import Workspace
from tuner.results import Trial

NEVER = 1e9
"""Seconds between two heartbeats: none while this runs."""


def main() -> None:
    """Measures and prints a line for each number of workers."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--workers", type=int, nargs="+", default=[1, 4, 16])
    options.add_argument("--trials", type=int, default=75)
    asked = options.parse_args()
    for workers in asked.workers:
        figures = statements_of(workers, asked.trials)
        print(f"{workers} workers: " + ", ".join(f"{what} {n}" for what, n in figures.items()))


def statements_of(workers: int, trials: int) -> dict[str, float]:
    """Trials that are trained in a whole study, statements for each, and turns without work."""
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        url = f"sqlite:///{home}/shared.db"
        database = stack.enter_context(open_database(url, _silent))
        submission = submit(large_study(trials), database, Workspace(Path(home) / "submitted"))
        crew = Crew(submission)
        for number in range(workers):
            own = stack.enter_context(Database(url))
            registry = WorkerRegistry(own, f"worker-{number}", heartbeat=NEVER)
            registry = stack.enter_context(registry.entered())
            crew.hire(WorkerContext(own, registry, Workspace(Path(home) / registry.name),
                                    evaluate=crew.evaluate))  # fmt: skip
        return crew.work(JournalTable(database, submission.uid, "reader"))


@dataclass
class Crew:
    """Workers that take turns.

    Attributes:
        at_work: How many of them train at the moment.
        statements: Of all turns.
        in_vain: Turns that found nothing to do.
    """

    submission: SubmittedStudy
    contexts: list[WorkerContext] = field(default_factory=list)
    studies: list[SharedStudy] = field(default_factory=list)
    at_work: int = 0
    statements: int = 0
    in_vain: int = 0

    def hire(self, context: WorkerContext) -> None:
        """Adds a worker."""
        self.contexts.append(context)
        self.studies.append(SharedStudy(self.submission, context))

    def work(self, table: JournalTable) -> dict[str, float]:
        """Runs the study to its end; returns the figures."""
        database = self.contexts[0].database
        event.listen(Engine, "before_cursor_execute", self._count)
        try:
            while self._is_open(database):
                self.turn()
        finally:
            event.remove(Engine, "before_cursor_execute", self._count)
        trained = len({one.trial.number for one in results_of(table.read(0))})
        return {
            "trials": trained,
            "statements a trial": round(self.statements / trained, 1),
            "turns in vain": self.in_vain,
        }

    def turn(self) -> None:
        """The next worker looks for work and does it."""
        number = self.at_work
        overview = read_overview(self.contexts[number].database).get(self.submission.name)
        study = self.studies[number]
        if overview is None or not (
            study.work(overview, ahead=False) or study.work(overview, ahead=True)
        ):
            self.in_vain += 1

    def evaluate(self, trials: Sequence[Trial]) -> list[float]:
        """Scores trials, after the next worker has had its turn."""
        self.at_work += 1
        if self.at_work < len(self.contexts):
            self.turn()
        self.at_work -= 1
        return scores(trials)

    def _is_open(self, database: Database) -> bool:
        return StudyRegistry(database).get(self.submission.name).state == "open"

    def _count(self, *_: object) -> None:
        self.statements += 1


def _silent(_sentence: str) -> None:
    """Ignores the sentence."""


if __name__ == "__main__":
    main()
