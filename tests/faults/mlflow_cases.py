"""MLflow answers wrongly: a study is not disturbed, and the record comes later, once."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from faults.commands.harness import CommandHarness
from faults.commands.server import Ended
from faults.commands.studies import FILE, RECORDED, STUDIES
from faults.compare import differences
from faults.mlflow_answers import SECRET, answering

from tuner.journal.history_builder import read_history

SYNC = ("sync", "--study", FILE)
PATIENCE = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "1",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
}
LATER = (
    "MLflow does not have everything yet; later: tuner sync --study small",
    "Not in MLflow yet: tuner sync --study small",
)
"""What a run says where its record is behind; the second where MLflow never answered."""


def attempt_run(harness: CommandHarness, way: str) -> tuple[str, tuple[str, ...]]:
    """Runs a study while MLflow answers wrongly, then sends the record to one that works."""
    home = STUDIES["evaluated"].make(harness.new_home())
    try:
        with answering(way) as address:
            uri = {"MLFLOW_TRACKING_URI": address, **PATIENCE}
            ended = harness.server.run(home, *RECORDED, evaluated=True, **uri)
        wrong = [] if (ended.code, ended.complaints) == (0, "") else [f"run: {ended}"]
        wrong += (
            []
            if any(one in ended.output for one in LATER)
            else [f"run says: {ended.output[-300:]}"]
        )
        return "equal, and sent later", (*wrong, *_sent_later(harness, home))
    finally:
        shutil.rmtree(home)


def attempt_sync(harness: CommandHarness, way: str) -> tuple[str, tuple[str, ...]]:
    """Sends a finished study to an MLflow that answers wrongly, then to one that works."""
    home = harness.new_home()
    shutil.copytree(harness.undisturbed["evaluated"], home)
    try:
        with answering(way) as address:
            uri = {"MLFLOW_TRACKING_URI": address, **PATIENCE}
            ended = harness.server.run(home, *SYNC, **uri)
        return "refused, then equal", (*_refusals(ended), *_sent_later(harness, home))
    finally:
        shutil.rmtree(home)


def _refusals(ended: Ended) -> Iterator[str]:
    said = ended.complaints
    if ended.code != 1 or "entries of the journal are not in MLflow yet: " not in said:
        yield f"sync: exit code {ended.code}: {said.strip()[-300:]}"
    if said.count("\n") != 1:
        yield f"sync: is no sentence: {said.strip()[:300]}"


def _sent_later(harness: CommandHarness, home: Path) -> Iterator[str]:
    ended = harness.server.run(home, *SYNC)
    if ended.code != 0:
        yield f"sync to one that works: {ended.complaints}"
        return
    yield from differences(home, harness.undisturbed["evaluated"], "small", "mlflow mlruns/")
    yield from _unequal_runs(home)
    for file in home.rglob("*"):
        if file.is_file() and SECRET.encode() in file.read_bytes():
            yield f"the password stands in {file.relative_to(home)}"


def _unequal_runs(home: Path) -> Iterator[str]:
    """Runs that MLflow lacks, has twice, or with another score than the journal."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{home}/mlflow.db")
    experiment = client.get_experiment_by_name("small")
    history = read_history(home / "tuner-runs" / "small")
    runs = client.search_runs([experiment.experiment_id])
    found = Counter(
        (run.data.tags["tuner.uid"], run.info.status, run.data.metrics.get("score"))
        for run in runs
        if "/" in run.data.tags["tuner.uid"]
    )
    wanted = Counter(
        (f"{history.opened.uid}/{number:04d}", "FINISHED", float(f"{result.score:.6g}"))
        for number, result in history.results.items()
    )
    if found != wanted:
        yield f"MLflow: {(found - wanted) or 'nothing'} instead of {wanted - found}"
    if len(runs) != len(wanted) + 1 or {run.info.status for run in runs} != {"FINISHED"}:
        yield f"MLflow: {len(runs)} runs, {Counter(run.info.status for run in runs)}"
