"""What the tuner adds to each trial of somebody's own script, besides the script itself.

    python benchmarks/adapter.py [--trials N]

Two studies are run whose script does nothing but start: one with a number of its own, one whose
predictions are scored. In the same minutes the same command is started as often without a tuner;
what a trial takes longer than that is the adapter's. Scoring and drawing the pictures, which the
built-in trainer does as well, is told apart.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tuner.external.photo_scoring import PhotoScorer
from tuner.external.scoring import TrialOutput
from tuner.journal.history import read_history
from tuner.results import Trial, TrialResult
from tuner.runner.run import run_study
from tuner.spec.study import StudySpec

Judged = Callable[[PhotoScorer, Trial, TrialOutput], TrialResult]

NUMBER = """\
import json, os, sys
error = float(sys.argv[1]) + float(os.environ["TUNER_SEED"])
with open(os.environ["TUNER_OUT"] + "/log.jsonl", "w") as log:
    log.write(json.dumps({"step": 1, "error": error}))
"""
PICTURES = """\
import glob, os, shutil, sys
photos, out = sorted(glob.glob(sys.argv[2] + "/*.png")), os.environ["TUNER_OUT"] + "/predictions/"
os.mkdir(out)
seed = int(os.environ["TUNER_SEED"])  # seeds differ in which photo gets which name
for number, photo in enumerate(photos):
    shutil.copy(photo, out + os.path.basename(photos[(number + seed) % len(photos)]))
"""


def main() -> None:
    """Measures and prints a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--trials", type=int, default=20, help="of each study")
    asked = options.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}")
    with tempfile.TemporaryDirectory() as home, chdir(home):
        report("a number of its own", NUMBER, number_study(asked.trials))
        for size in (64, 128):
            name = f"predictions of {size} px"
            report(name, PICTURES, picture_study(asked.trials, size))


def report(name: str, script: str, parts: Mapping[str, Any]) -> None:
    """Runs a study and prints what its trials took, and what they took longer than the script."""
    Path("train.py").write_text(script, encoding="utf-8")
    shutil.rmtree("tuner-runs/adapter", ignore_errors=True)
    Path("tuner.db").unlink(missing_ok=True)
    scored: list[float] = []
    with patch.object(PhotoScorer, "judged", timing(PhotoScorer.judged, scored)):
        run_study(study(parts), directory=Path.cwd(), record=False)
    history = read_history(Path("tuner-runs/adapter"))
    results = [result for result in history.results.values() if result.score is not None]
    trial = statistics.median(result.seconds for result in results)
    scoring = statistics.median(scored) if scored else 0.0
    alone = statistics.median(started_alone(number) for number in range(len(results)))
    print(
        f"{name:<24} {len(results)} trials, {photos(history.facts)}: {trial:.3f} s each, the "
        f"script alone {alone:.3f} s, scoring {scoring:.3f} s, adapter "
        f"{trial - alone - scoring:.3f} s"
    )


def timing(judged: Judged, seconds: list[float]) -> Judged:
    """The same, and how long it took is written down."""

    def timed(judge: PhotoScorer, trial: Trial, left: TrialOutput) -> TrialResult:
        began = time.perf_counter()
        result = judged(judge, trial, left)
        seconds.append(time.perf_counter() - began)
        return result

    return timed


def started_alone(number: int) -> float:
    """Seconds that the script takes when nobody looks."""
    out = Path("alone") / str(number)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    holdout = Path("tuner-runs/adapter/photos/holdout")
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "train.py", "1.0", str(holdout)],
        env={**os.environ, "TUNER_OUT": str(out), "TUNER_SEED": "1"},
        check=True,
    )
    return time.perf_counter() - began


def photos(facts: Mapping[str, str]) -> str:
    """How many pictures are scored."""
    return facts.get("photo summary", "no pictures").partition(" training squares, ")[2] or "none"


def study(parts: Mapping[str, Any]) -> StudySpec:
    """A study with as many trials as asked for."""
    return StudySpec.model_validate({"study": "adapter", "combination": 0, **parts})


def number_study(trials: int) -> dict[str, Any]:
    """Of a number of its own."""
    trainer = {
        "kind": "command",
        "run": [sys.executable, "train.py", "{weights.a}"],
        "metrics": {"jsonl": "{out}/log.jsonl"},
    }
    return {**searched(trials), "trainer": trainer, "objective": {"metric": "error"}}


def picture_study(trials: int, size: int) -> dict[str, Any]:
    """Of predictions: the photos themselves."""
    trainer = {
        "kind": "command",
        "run": [sys.executable, "train.py", "{weights.a}", "{holdout}"],
        "predictions": "{out}/predictions/*.png",
    }
    return {
        **searched(trials),
        "trainer": trainer,
        "data": {"photos": "sample", "image_size": size},
        "objective": {"lpips": {"trunk": "random"}},
        "guardrails": {"learned_color": 0},
    }


def searched(trials: int) -> dict[str, Any]:
    """Weights and values for so many trials."""
    values = [2.0 + number for number in range(trials - 2)]
    return {
        "weights": {"a": 1.0},
        "stages": [{"vary": "a", "values": values, "extend": False}],
        "repeats": {"baseline": 2, "decide": 1, "confirm": 1},
        "budget": {"max_trials": trials + 20},
    }


if __name__ == "__main__":
    main()
