"""What keeping and forwarding a record costs, beside the training that it is of.

    python benchmarks/recording.py [--json FILE]

A short study is trained, once with MLflow on SQLite, once on a server over HTTP, once with one that
is away. What is told of a trial does not grow with its steps, since the points of its curves are
bounded, so its seconds are set against a training of the guide's 5,000 steps, at the pace that was
measured in the same minutes.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from figures import report
from small_study import small_study

from tuner.journal.history_builder import read_history
from tuner.journal.recorder import Recorder
from tuner.results.events import Event
from tuner.runner import run as run_module
from tuner.spec.study import StudySpec
from tuner.tracking.server import running_server
from tuner.training.device import cores

STEPS = 5000
"""The guide trains 5k to 10k."""

AWAY = "http://127.0.0.1:1"


class TimedRecorder(Recorder):
    """Counts the seconds that trainings wait for their record."""

    waited = 0.0

    def __call__(self, event: Event) -> None:
        """Tells an event, and how long that took."""
        began = time.perf_counter()
        super().__call__(event)
        TimedRecorder.waited += time.perf_counter() - began


def measure(home: Path) -> dict[str, str | float]:
    """All figures, by name."""
    vars(run_module)["Recorder"] = TimedRecorder
    spec = small_study(
        {"trainer.steps": 200, "budget.max_trials": 20, "combination": 0, "prune": False}
    )
    figures: dict[str, str | float] = {"trials": 20, "steps of a trial": spec.trainer.steps}
    figures |= _told("SQLite", spec, home / "sqlite", None)
    with running_server(home, 5600) as address:
        figures |= _told("HTTP", spec, home / "http", address)
    return figures | _told("away", spec, home / "away", AWAY)


def _told(name: str, spec: StudySpec, home: Path, address: str | None) -> dict[str, float]:
    home.mkdir()
    TimedRecorder.waited, before = 0.0, _children()
    with _mlflow(address):
        run_module.run_study(spec, directory=home)
    forwarder = _children() - before
    results = read_history(home / "tuner-runs" / spec.study).results.values()
    pace = sum(result.seconds for result in results) / sum(r.trial.steps for r in results)
    training, trials = STEPS * pace, len(results)
    return {
        f"{name}: ms a step": round(1000 * pace, 2),
        f"{name}: trainings wait for the journal, ms a trial": round(
            1000 * TimedRecorder.waited / trials, 1
        ),
        f"{name}: forwarder computes, seconds a trial": round(forwarder / trials, 2),
        f"{name}: waiting, % of 5,000 steps": round(
            100 * TimedRecorder.waited / trials / training, 3
        ),
        f"{name}: forwarder, % of 5,000 steps on all cores": round(
            100 * forwarder / trials / training / cores(), 2
        ),
    }


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def _mlflow(address: str | None) -> Iterator[None]:
    if address is None:
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    else:
        os.environ["MLFLOW_TRACKING_URI"] = address
    try:
        yield
    finally:
        os.environ.pop("MLFLOW_TRACKING_URI", None)


if __name__ == "__main__":
    report(__doc__, measure)
