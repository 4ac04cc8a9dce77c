"""What a small study costs besides its training: the same trainings as a plain loop, beside it.

    python benchmarks/overhead.py [--json FILE]

Runs the study of `small_study.py` in an empty folder, twice: the second time everything is
finished, so it measures what resuming costs. Beside it, in the same minutes, a plain loop
takes as many steps as the study, with the same networks and no search, journal, pictures or
MLflow; the share that is not training is what the study takes longer than that.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from figures import report
from small_study import WORDS, small_study

from tuner.journal.history import StudyHistory
from tuner.journal.history_builder import read_history
from tuner.results import TrialResult
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec
from tuner.spec.trial_count import most
from tuner.training.learner import Learner
from tuner.training.prepare import PreparedTraining, prepare

STUDY = ["run", *WORDS]


def measure(home: Path) -> dict[str, str | float]:
    """All figures, by name."""
    spec = small_study()
    study_seconds = timed([sys.executable, "-m", "tuner", *STUDY], home)
    resume_seconds = timed([sys.executable, "-m", "tuner", *STUDY], home)
    help_seconds = timed([sys.executable, "-m", "tuner", "--help"], home)
    refusal_seconds = timed([sys.executable, "-m", "tuner", *STUDY, "--set", "x=1"], home)
    history = read_history(home / "tuner-runs" / spec.study)
    plain_seconds = plain_loop(spec, history, home)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
    return {
        "trials": len(history.results),
        "trials most": most(make_plan(spec)).trials,
        "quick study, seconds": round(study_seconds, 1),
        "the same steps in a plain loop, seconds": round(plain_seconds, 1),
        "share of the study outside training": round(1 - plain_seconds / study_seconds, 3),
        "largest process, GiB": round(peak, 2),
        "running a finished study again, seconds": round(resume_seconds, 2),
        "tuner --help, seconds": round(help_seconds, 2),
        "a refused study, seconds": round(refusal_seconds, 2),
    }


def timed(command: list[str], home: Path) -> float:
    """Wall time of a command, start of the interpreter included."""
    began = time.perf_counter()
    subprocess.run(command, cwd=home, check=False, capture_output=True)
    return time.perf_counter() - began


def plain_loop(spec: StudySpec, history: StudyHistory, home: Path) -> float:
    """Wall time of the study's trainings alone, on as many threads as the study uses.

    Trials that the study trained together learn from batches of their own here, as a loop
    over trials would have it.
    """
    torch.set_num_threads(1)
    cache = home / "tuner-runs" / ".photos"
    setting = prepare(spec, home / "plain", cache, {}, lambda _: None, lambda *_: None)
    results = history.results.values()
    seeds = {result.trial.seed for result in results}
    setting.context.warm_starts.folder.mkdir(parents=True)
    began = time.perf_counter()
    setting.context.warm_starts.make_ready(sorted(seeds))
    with ThreadPoolExecutor(setting.context.threads) as pool:
        list(pool.map(lambda result: train_plainly(result, setting), results))
    return time.perf_counter() - began


def train_plainly(result: TrialResult, setting: PreparedTraining) -> None:
    """Trains one trial as far as the study did, and looks at the held-out photos once."""
    context, trial = setting.context, result.trial
    learner = Learner(trial, context.trainer, context.device, context.warm_starts.state(trial.seed))
    for step in range(result.evaluations[-1].step):
        batch = context.batches.draw(trial.seed, context.warm_starts.steps + step)
        learner.step(batch, context.terms.observe(batch.rgb), context.terms)
    context.scorer.score(context.heldout.colored(learner.predict))


if __name__ == "__main__":
    report(__doc__, measure)
