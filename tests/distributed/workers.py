"""A small study that is scored at once, and workers that share it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from math import log
from threading import Lock

from tuner.distributed.context import WorkerContext
from tuner.distributed.database import Database
from tuner.distributed.journal_table import JournalTable
from tuner.distributed.leases import Leases
from tuner.distributed.registry import WorkerRegistry
from tuner.distributed.studies import StudyRegistry
from tuner.distributed.submit import submit
from tuner.distributed.worker import Worker, WorkerOptions
from tuner.journal.workspace import Workspace
from tuner.spec.study import StudySpec

POLL = 0.02


def small_study(name="small", **parts):
    return StudySpec(
        study=name,
        weights={"ab": 1.0, "sat": 1.0},
        stages=(
            {"vary": "ab", "values": [0.5, 2, 3]},
            {"vary": "sat", "values": [0.3, 0.6, 2, 4]},
        ),
        **{"budget": {"max_trials": 60}, **parts},
    )


def score(trial):
    ab, sat = log(trial.weights["ab"]), log(trial.weights["sat"])
    luck = trial.seed * 31 + int(trial.weights["ab"] * 10) * 7 + int(trial.weights["sat"] * 10) * 3
    return (ab - 0.5) ** 2 + 0.3 * (sat - 0.3) ** 2 + 0.03 * (luck % 11) / 11


class Evaluations:
    """Scores trials, and remembers which, by study."""

    def __init__(self, score=score):
        self.score = score
        self.counts = Counter()
        self._lock = Lock()

    def __call__(self, trials):
        with self._lock:
            self.counts.update(str((sorted(t.weights.items()), t.seed)) for t in trials)
        return [self.score(trial) for trial in trials]


def serve(url, home, evaluate, worker_options=None, say=lambda _sentence: None, **registry):
    """One worker, from its beginning to its end."""
    with Database(url) as database, WorkerRegistry(database, **registry).entered() as entered:
        context = WorkerContext(database, entered, Workspace(home), evaluate=evaluate)
        Worker(context, worker_options or WorkerOptions(until_done=True), say, poll=POLL).serve()


def serve_together(workers, url, home, evaluate):
    """Several workers at once, each with a folder of its own."""
    with ThreadPoolExecutor(workers) as threads:
        tasks = [
            threads.submit(serve, url, home / f"worker-{number}", evaluate)
            for number in range(workers)
        ]
        for task in tasks:
            task.result()


def left(spec, database, workspace, **how):
    """The study, submitted."""
    return submit(spec, database, workspace, **how)


def table_of(database, study="small"):
    return JournalTable(database, StudyRegistry(database).get(study).uid, "reader")


def leases_of(database, registry, study="small"):
    return Leases(database, StudyRegistry(database).get(study).uid, registry)
