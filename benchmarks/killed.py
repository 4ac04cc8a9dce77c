"""What is lost where the tuner is killed at random moments: nothing, run by run.

    python benchmarks/killed.py [--kills 50] [--away]

A small study is run and killed with SIGKILL after a random time, again and again until it is
finished; then the next one, until there were as many kills. Each finished study is compared with
one that was never killed: weights, seeds, scores and measures in the journal to the last bit, and
in MLflow every trial once, finished, with its score. With `--away` no MLflow can be reached
while the studies run, and `tuner sync` catches up at the end.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from mlflow.tracking import MlflowClient
from trained_study import trained_study

from tuner.journal.history_builder import read_history

NOWHERE = "http://127.0.0.1:9"
Outcome = dict[int, tuple[object, ...]]


def main() -> None:
    """Kills, compares, and prints what was lost."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--away", action="store_true", help="MLflow cannot be reached meanwhile")
    asked = options.parse_args()
    dice = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as place:
        whole, seconds = uninterrupted(Path(place) / "whole")
        kills, studies, lost = 0, 0, 0
        while kills < asked.kills:
            home = Path(place) / f"study-{studies}"
            kills += run_and_kill(home, seconds, dice, away=asked.away)
            studies += 1
            lost += differences(home, whole)
            print(f"{studies} studies, {kills} kills, {lost} differences", flush=True)
    print(f"{platform.machine()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}")
    sys.exit(1 if lost else 0)


def uninterrupted(home: Path) -> tuple[Outcome, float]:
    """What the study comes to when it is not disturbed, and how long that takes."""
    began = time.monotonic()
    process = start(home, "run", "--study", "killed.yaml", "--no-record")
    assert process.wait() == 0, "the study ends well when it is not disturbed"
    return outcome(home), time.monotonic() - began


def run_and_kill(home: Path, seconds: float, dice: np.random.Generator, *, away: bool) -> int:
    """Runs a study to its end through as many kills as it takes; how many there were."""
    kills = 0
    tracking = {"MLFLOW_TRACKING_URI": NOWHERE} if away else {}
    while True:
        process = start(home, "run", "--study", "killed.yaml", **tracking)
        try:
            if process.wait(dice.uniform(0.0, 0.8 * seconds)) == 0:
                break
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
    assert start(home, "sync", "--study", "killed").wait() == 0, "MLflow takes the rest"
    return kills


def differences(home: Path, whole: Outcome) -> int:
    """Trials that differ from those of the whole study, in the journal or in MLflow."""
    wrong = set(outcome(home).items()) ^ set(whole.items())
    runs = scores_in_mlflow(home)
    scores = {number: one[-1] for number, one in whole.items()}
    missing = [n for n, score in scores.items() if runs.get(n) != [score]]
    for what in (*wrong, *((n, runs.get(n)) for n in missing)):
        print("differs:", what)
    return len(wrong) + len(missing) + len(runs.keys() - scores.keys())


def outcome(home: Path) -> Outcome:
    """Every trial of the journal: weights, seed, measures and score."""
    results = read_history(home / "tuner-runs" / "killed").results
    return {
        number: (
            tuple(result.trial.weights.items()),
            result.trial.seed,
            tuple(result.measures.items()),
            float(f"{result.score:.6g}") if result.score is not None else result.status,
        )
        for number, result in results.items()
    }


def scores_in_mlflow(home: Path) -> Mapping[int, list[object]]:
    """Scores by trial; one that is there twice, or not finished, shows."""
    client = MlflowClient(tracking_uri=f"sqlite:///{home / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("killed")
    assert experiment is not None, "the study was sent"
    found: dict[int, list[object]] = {}
    for run in client.search_runs([experiment.experiment_id]):
        uid = run.data.tags["tuner.uid"]
        if "/" in uid:
            finished = run.info.status == "FINISHED"
            score = run.data.metrics.get("score") if finished else run.info.status
            found.setdefault(int(uid.rpartition("/")[2]), []).append(score)
    return found


def start(home: Path, *words: str, **environment: str) -> subprocess.Popen[bytes]:
    """A command of the tuner in a folder of its own."""
    home.mkdir(exist_ok=True)
    (home / "killed.yaml").write_text(trained_study("killed", steps=60), encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-m", "tuner", *words],
        cwd=home,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    main()
