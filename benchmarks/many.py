"""Many workers on one PostgreSQL: nothing twice, nothing lost, and how busy they are.

The trainer only sleeps, so that a laptop can have 32 workers. Eight studies with stages of eight
values are left in the storage; with `--chaos` the database is killed and started again five times
meanwhile, and ten workers are killed with SIGKILL.

    python benchmarks/many.py                # undisturbed
    python benchmarks/many.py --chaos
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from sqlalchemy import text

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from postgres_server import PostgresServer, postgres_server  # type: ignore[import-not-found]

from tuner.distributed.context import WorkerContext
from tuner.distributed.database import Database
from tuner.distributed.journal_table import JournalTable, results_of
from tuner.distributed.leased_store import LeasedStore
from tuner.distributed.registry import WorkerRegistry
from tuner.distributed.shared_study import SharedStudy
from tuner.distributed.studies import StudyRegistry
from tuner.distributed.submit import submit
from tuner.distributed.worker import Worker, WorkerOptions
from tuner.journal.workspace import Workspace
from tuner.results import Trial
from tuner.search.optuna_database import close_storage, create_storage, open_storage
from tuner.search.shared_trials import LeasedTrial
from tuner.spec.study import StudySpec

WEIGHTS = ("perceptual", "ab", "saturation", "l", "tv")
VALUES = (0.25, 0.35, 0.5, 0.7, 1.4, 2.0, 2.8, 4.0)
HEARTBEAT, GRACE = 2.0, 20.0
OUTAGE = 5.0
"""Seconds that the database stays away."""

OUTAGES, DEATHS = 5, 10


def main() -> None:
    """Runs the workers, judges what they left, and prints it."""
    asked = _arguments()
    if asked.worker:
        _work(asked.worker, asked.seconds, Path(asked.log))
        return
    with tempfile.TemporaryDirectory() as folder, postgres_server() as server:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103 - for the account of the database
        print(json.dumps(_measure(asked, server, Path(folder)), indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", type=int, default=32)
    parser.add_argument("--studies", type=int, default=8)
    parser.add_argument("--trials", type=int, default=1000, help="of all studies, at most")
    parser.add_argument("--seconds", type=float, default=6.0, help="that a training sleeps")
    parser.add_argument("--chaos", action="store_true")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--log", help=argparse.SUPPRESS)
    return parser.parse_args()


def _study(number: int, trials: int) -> StudySpec:
    return StudySpec(
        study=f"study-{number}",
        weights=dict.fromkeys(WEIGHTS, 1.0),
        stages=tuple({"vary": name, "times": VALUES} for name in WEIGHTS),
        cycles=2,
        seed=number,
        budget={"max_trials": trials + 40},
    )


def _score(trial: Trial) -> float:
    """A bowl whose bottom lies elsewhere for each weight, with luck of the seed and the trial."""
    text = json.dumps([sorted(trial.weights.items()), trial.seed])
    luck = random.Random(text).gauss(0.0, 0.02)  # noqa: S311 - the same for the same trial
    bowl = sum(
        0.1 * (math.log(trial.weights[name]) - shift) ** 2
        for shift, name in enumerate(WEIGHTS, start=-1)
    )
    return 0.5 + bowl + luck + 0.05 * math.sin(trial.seed)


def _work(url: str, seconds: float, log: Path) -> None:
    """One worker; it writes down how long it waited for trials, and how long it slept."""
    seen: dict[str, Any] = {"began": time.time(), "asks": [], "slept": []}

    def evaluate(trials: Sequence[Trial]) -> list[float]:
        began = time.time()
        time.sleep(seconds)
        seen["slept"].append((began, time.time()))
        spent = resource.getrusage(resource.RUSAGE_SELF)
        seen["cpu"] = spent.ru_utime + spent.ru_stime
        log.write_text(json.dumps({**seen, "ended": time.time()}))
        return [_score(trial) for trial in trials]

    class Timed(LeasedStore):
        @contextmanager
        def _hold(self, lease: Callable[[], list[LeasedTrial]]) -> Iterator[list[Trial]]:
            began = time.perf_counter()
            with super()._hold(lease) as trials:
                if trials:
                    seen["asks"].append(time.perf_counter() - began)
                yield trials

    with (
        tempfile.TemporaryDirectory() as home,
        Database(url) as database,
        WorkerRegistry(database, heartbeat=HEARTBEAT, grace=GRACE).entered() as registry,
    ):
        context = WorkerContext(database, registry, Workspace(Path(home)), evaluate=evaluate)
        open_study = partial(SharedStudy, make_store=Timed)
        Worker(
            context, WorkerOptions(until_done=True), lambda _sentence: None, open_study=open_study
        ).serve()


def _measure(asked: argparse.Namespace, server: PostgresServer, folder: Path) -> dict[str, Any]:
    url = server.create_database("optuna")
    with Database(url) as database:
        database.create(lambda: create_storage(url))
        for number in range(asked.studies):
            spec = _study(number, asked.trials // asked.studies)
            submit(spec, database, Workspace(folder))
    began = time.time()
    workers = [_hire(url, asked.seconds, folder / f"{n}.json") for n in range(asked.workers)]
    killed = _disturb(server, workers, url, asked, folder) if asked.chaos else 0
    firsts, connections = _wait(workers, url)
    wall = time.time() - began
    used = _seconds_of(server)
    logs = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    with Database(url) as database:
        left = _reporter(database, asked.studies)
    asks = [1000 * seconds for log in logs for seconds in log["asks"]]
    return {
        "workers": asked.workers,
        "seconds a training": asked.seconds,
        "wall seconds": round(wall),
        **left,
        "workers killed": killed,
        "database killed": OUTAGES if asked.chaos else 0,
        "database CPU seconds": None if asked.chaos else round(used, 1),
        "database connections at most": connections,
        "workers' CPU seconds": round(sum(log["cpu"] for log in logs), 1),
        "ask, median ms": round(median(asks), 1),
        "ask, 95 % below ms": round(sorted(asks)[int(0.95 * len(asks))], 1),
        "busy while all studies are open": round(_busy(logs, firsts), 3),
        "busy from beginning to end": round(_busy(logs, began + wall), 3),
    }


def _hire(url: str, seconds: float, log: Path) -> subprocess.Popen[bytes]:
    words = ["--worker", url, "--log", str(log), "--seconds", str(seconds)]
    return subprocess.Popen(
        [sys.executable, __file__, *words], env={**os.environ, "OMP_NUM_THREADS": "1"}
    )


def _disturb(
    server: PostgresServer,
    workers: list[subprocess.Popen[bytes]],
    url: str,
    asked: argparse.Namespace,
    folder: Path,
) -> int:
    """Kills the database and workers, in a fixed random order, while they work."""
    chance = random.Random(0)  # noqa: S311 - no secret
    time.sleep(30)
    blows = ["database"] * OUTAGES + ["worker"] * DEATHS
    chance.shuffle(blows)
    for number, blow in enumerate(blows):
        time.sleep(chance.uniform(1.0, 6.0))
        if blow == "database":
            server.kill()
            time.sleep(OUTAGE)
            server.start()
        else:
            victim = chance.choice([one for one in workers if one.poll() is None])
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            workers.append(_hire(url, asked.seconds, folder / f"new-{number}.json"))
    return blows.count("worker")


def _wait(workers: Sequence[subprocess.Popen[bytes]], url: str) -> tuple[float, int]:
    """Waits until all workers have left.

    Returns:
        When the first study was finished, and how many connections there were at most.
    """
    first, connections = math.inf, 0
    with Database(url) as database:
        while any(one.poll() is None for one in workers):
            states = [submission.state for submission in StudyRegistry(database).all()]
            if "finished" in states:
                first = min(first, time.time())
            with database.change() as connection:
                counted = connection.execute(text("SELECT count(*) FROM pg_stat_activity"))
                connections = max(connections, counted.scalar_one())
            time.sleep(1.0)
    return first, connections


def _seconds_of(server: PostgresServer) -> float:
    """What the database has computed, of all cores together, since it was started."""
    number = int((server.data / "postmaster.pid").read_text().splitlines()[0])
    postmaster = psutil.Process(number)
    times = [postmaster.cpu_times(), *(one.cpu_times() for one in postmaster.children())]
    ended = times[0].children_user + times[0].children_system
    return float(ended + sum(one.user + one.system for one in times))


def _reporter(database: Database, studies: int) -> dict[str, Any]:
    """What the storage holds at the end."""
    storage = open_storage(database.url)
    counts: Counter[str] = Counter()
    for number in range(studies):
        name = f"study-{number}"
        journal = JournalTable(database, StudyRegistry(database).get(name).uid, "judge")
        results = list(results_of(journal.read()))
        keys = {json.dumps([sorted(r.trial.weights.items()), r.trial.seed]) for r in results}
        trials = storage.get_all_trials(storage.get_study_id_from_name(name))
        values: Mapping[int, float | None] = {t.number: t.value for t in trials}
        counts["trials"] += len(results)
        counts["trained twice"] += len(results) - len(keys)
        counts["begun again after a death"] += len(journal.read(kinds=["trial started"])) - len(
            results
        )
        counts["begun and not finished"] += len(trials) - len(results)
        counts["Optuna and journal differ"] += values != {r.trial.number: r.score for r in results}
        counts["studies finished"] += len(journal.read(kinds=["study finished"]))
    close_storage(storage)
    return dict(counts)


def _busy(logs: Sequence[Mapping[str, Any]], until: float) -> float:
    """Share of their time that workers slept, which is their work, from their first trial on."""
    slept = there = 0.0
    for log in logs:
        naps = [(a, min(b, until)) for a, b in log["slept"] if a < until]
        if naps:
            slept += sum(end - begin for begin, end in naps)
            there += min(until, max(log["ended"], naps[-1][1])) - naps[0][0]
    return slept / there


if __name__ == "__main__":
    main()
