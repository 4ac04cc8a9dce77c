"""What the tuner adds to each trial of your own script, besides the script itself.

    python benchmarks/adapter.py [--trials N]

Two studies are run whose script does nothing but start: one with a number of its own, one whose
predictions are scored. In the same minutes the same command is started as often without a tuner;
what a trial takes longer than that is the adapter's. Scoring and drawing the pictures, which the
built-in trainer does as well, is told apart. Beside the clock stand processor seconds, of the
tuner and of its script: other programs on the machine make the clock longer, and these hardly.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from tuner.external.photo_scoring import PhotoScorer
from tuner.external.script import Script
from tuner.journal.history_builder import read_history
from tuner.runner.run import run_study
from tuner.spec.study import StudySpec

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


class Spent(NamedTuple):
    """Seconds on the clock, and of processors."""

    clock: float
    processor: float


def report(name: str, script: str, parts: Mapping[str, Any]) -> None:
    """Runs a study and prints what its trials took, and what they took longer than the script."""
    Path("train.py").write_text(script, encoding="utf-8")
    shutil.rmtree("tuner-runs/adapter", ignore_errors=True)
    Path("tuner.db").unlink(missing_ok=True)
    runs: list[Spent] = []
    scorings: list[Spent] = []
    with (
        patch.object(PhotoScorer, "judged", timed(PhotoScorer.judged, scorings)),
        patch.object(Script, "run", timed(Script.run, runs)),
    ):
        run_study(study(parts), directory=Path.cwd(), record=False)
    facts = read_history(Path("tuner-runs/adapter")).facts
    alone = middle([started_alone(number) for number in range(len(runs))])
    run, scoring = middle(runs), middle(scorings)
    print(f"{name}: {len(runs)} trials, {photos(facts)}")
    for unit in Spent._fields:
        ran, bare, scored = (getattr(each, unit) for each in (run, alone, scoring))
        print(
            f"  {unit:<9} {ran + scored:.3f} s each: the script alone {bare:.3f} s, scoring "
            f"{scored:.3f} s, adapter {ran - bare:.3f} s"
        )


def middle(spent: Sequence[Spent]) -> Spent:
    """The median of each, 0 of nothing."""
    columns = zip(*spent, strict=True) if spent else ((0.0,), (0.0,))
    return Spent(*map(statistics.median, columns))


@contextmanager
def taking(spent: list[Spent]) -> Iterator[None]:
    """Writes down what is spent meanwhile, here and in processes that have ended."""
    clock, processor = time.perf_counter(), processor_seconds()
    yield
    spent.append(Spent(time.perf_counter() - clock, processor_seconds() - processor))


def processor_seconds() -> float:
    """Of this process, and of all that it waited for."""
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def timed(call: Callable[..., Any], spent: list[Spent]) -> Callable[..., Any]:
    """The same, and what it spends is written down."""

    def measured(*words: Any, **options: Any) -> Any:
        with taking(spent):
            return call(*words, **options)

    return measured


def started_alone(number: int) -> Spent:
    """What the script takes when nothing watches it."""
    out = Path("alone") / str(number)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    holdout = Path("tuner-runs/adapter/photos/holdout")
    spent: list[Spent] = []
    with taking(spent):
        subprocess.run(
            [sys.executable, "train.py", "1.0", str(holdout)],
            env={**os.environ, "TUNER_OUT": str(out), "TUNER_SEED": "1"},
            check=True,
        )
    return spent[0]


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
