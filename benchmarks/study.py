"""A whole small study, against the same search around a training loop as one writes it today.

    python benchmarks/study.py [--json FILE]

`tuner run` with the study of `small_study.py`, start of the interpreter included, by two
engines; then `study.optimize` with the tuner's own sampler around the loop of `plain_training.py`,
with torch on all cores. All train the same networks with the same weights and seeds, as far as
their verdicts agree, so wall times can be compared. In the last no trial leaves early, nothing is
recorded, and each network to go on from is trained once.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

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

ENGINES = ("loop", "folded")


def measure(home: Path) -> dict[str, str | float]:
    """All figures, by name."""
    spec = small_study()
    figures: dict[str, str | float] = {}
    each: dict[str, float] = {}
    for engine in ENGINES:
        seconds, history = run(spec, home / engine, engine)
        assert history.finished is not None, "the command ended well"
        pruned = sum(result.status == "pruned" for result in history.results.values())
        each[f"ours, {engine}"] = seconds / len(history.results)
        figures |= {
            f"ours, {engine}, seconds": round(seconds, 1),
            f"ours, {engine}, trials": len(history.results),
            f"ours, {engine}, left early": pruned,
            f"ours, {engine}, claim": _claim(history.finished.confirmation),
            f"ours, {engine}, weights": _shown(history.finished.best_weights),
        }
    began = time.perf_counter()
    study, sampler = optimize(spec, home)
    plain = time.perf_counter() - began
    findings = sampler.findings(study)
    assert findings is not None, "study.optimize ended well"
    each["a plain loop"] = plain / len(study.trials)
    return {
        **figures,
        "a plain loop, seconds": round(plain, 1),
        "a plain loop, trials": len(study.trials),
        "a plain loop, claim": _claim(findings.confirmation),
        "a plain loop, weights": _shown(findings.best),
        **{f"{way}, seconds a trial": round(seconds, 2) for way, seconds in each.items()},
    }


def run(spec: StudySpec, home: Path, engine: str) -> tuple[float, StudyHistory]:
    """The command of the README in a folder of its own: its seconds, and what it left."""
    home.mkdir()
    command = [sys.executable, "-m", "tuner", "run", *WORDS]
    began = time.perf_counter()
    subprocess.run(
        [*command, "--set", f"trainer.engine={engine}"], cwd=home, check=True, capture_output=True
    )
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
