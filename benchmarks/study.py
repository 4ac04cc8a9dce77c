"""A whole small study, against the same search around a training loop as one writes it today.

    python benchmarks/study.py [--json FILE]

`tuner run` with the study of `small_study.py`, start of the interpreter included; then
`study.optimize` with the tuner's own sampler around the loop of `plain_training.py`, with torch on
all cores; three turns of both. A budget of 24 trials, three seeds for the claim, keeps a turn below
seven minutes on two idle cores. Both train the same networks with the same weights and seeds, as
far as their verdicts agree, so wall times can be compared. In the plain loop no trial leaves early,
nothing is recorded, and each network to go on from is trained once.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
import torch
from figures import report
from plain_training import plain_lpips, score, train
from small_study import WORDS, small_study
from throughput import bench_of
from torch import Tensor

from tuner.journal.history import StudyHistory
from tuner.journal.history_builder import read_history
from tuner.results import Comparison, Trial
from tuner.search.sampler import OneWeightAtATimeSampler
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec
from tuner.training.device import cores

TURNS = 3
CHANGES = {"budget.max_trials": 24, "repeats.confirm": 3}


def measure(home: Path) -> dict[str, str | float]:
    """All figures, by name."""
    spec = small_study(CHANGES)
    turns = [_turn(spec, home / str(turn)) for turn in range(1, TURNS + 1)]
    told = {
        f"turn {turn}, {name}": value
        for turn, one in enumerate(turns, 1)
        for name, value in one.items()
    }
    speeds = [one["times as fast, a trial"] for one in turns]
    whole = [one["times as fast, the study"] for one in turns]
    return {
        **told,
        "times as fast a trial, median": statistics.median(speeds),
        "times as fast a trial, range": f"{min(speeds)} to {max(speeds)}",
        "times as fast the study, median": statistics.median(whole),
        "times as fast the study, range": f"{min(whole)} to {max(whole)}",
    }


def _turn(spec: StudySpec, home: Path) -> dict[str, Any]:
    """Both ways, one after the other."""
    home.mkdir()
    ours, history = run(spec, home)
    finished = history.finished
    assert finished is not None, "the command ended well"
    asked = len(history.results) - len(finished.not_needed)
    began = time.perf_counter()
    study, sampler = optimize(spec, home)
    plain = time.perf_counter() - began
    findings = sampler.findings(study)
    assert findings is not None, "study.optimize ended well"
    told = {
        "ours, seconds": round(ours, 1),
        "ours, trials": asked,
        "ours, in vain": len(finished.not_needed),
        "ours, left early": sum(one.status == "pruned" for one in history.results.values()),
        "ours, claim": _claim(finished.confirmation),
        "ours, weights": _shown(finished.best_weights),
        "plain, seconds": round(plain, 1),
        "plain, trials": len(study.trials),
        "plain, claim": _claim(findings.confirmation),
        "plain, weights": _shown(findings.best),
        "times as fast, the study": round(plain / ours, 2),
        "times as fast, a trial": round(plain / len(study.trials) / (ours / asked), 2),
    }
    print(f"turn {home.name}: {told}", file=sys.stderr, flush=True)  # a turn takes minutes
    return told


def run(spec: StudySpec, home: Path) -> tuple[float, StudyHistory]:
    """The command of the README in a folder of its own: its seconds, and what it left."""
    more = [word for key, value in CHANGES.items() for word in ("--set", f"{key}={value}")]
    command = [sys.executable, "-m", "tuner", "run", *WORDS, *more]
    began = time.perf_counter()
    subprocess.run(command, cwd=home, check=True, capture_output=True)
    return time.perf_counter() - began, read_history(home / "tuner-runs" / spec.study)


def optimize(spec: StudySpec, home: Path) -> tuple[optuna.Study, OneWeightAtATimeSampler]:
    """The search of the tuner around a plain loop."""
    torch.set_num_threads(cores())
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    context = bench_of(spec, home)
    torch.set_num_threads(cores())
    perceptual, scale = plain_lpips(context)
    sampler = OneWeightAtATimeSampler.of_plan(make_plan(spec))
    warm_starts: dict[int, Mapping[str, Tensor]] = {}

    def objective(asked: optuna.Trial) -> float:
        weights = {
            name: asked.suggest_float(name, one.low, one.high, log=one.log)
            for name, one in sampler.distributions().items()
        }
        seed = asked.user_attrs["seed"]
        if seed not in warm_starts:
            first = Trial(
                weights=spec.weights, seed=seed, steps=context.warm_starts.steps, role="baseline"
            )
            warm_starts[seed] = train(first, context, perceptual, scale).module.state_dict()
        trial = Trial(weights=weights, seed=seed, steps=spec.trainer.steps, role="candidate")
        return score(train(trial, context, perceptual, scale, warm_starts[seed]), context)

    study = optuna.create_study(sampler=sampler)
    study.optimize(objective)
    return study, sampler


def _claim(claim: Comparison | None) -> str:
    if claim is None or claim.low is None or claim.high is None:
        return "none"
    return f"{claim.gain:.3f} ({claim.low:.3f} to {claim.high:.3f}), {claim.verdict}"


def _shown(weights: Mapping[str, float]) -> str:
    return ", ".join(f"{name}={value:g}" for name, value in weights.items())


if __name__ == "__main__":
    report(__doc__, measure)
