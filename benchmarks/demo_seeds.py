"""Whether the demo cures whatever the seed: `tuner run --quick`, once for each study seed.

    python benchmarks/demo_seeds.py --home DIR [--seeds 10] [--study sepia-fix] [--set KEY=VALUE]

For each seed: the symptoms of the start weights and of the exported ones, on the seeds of the
claim, and the weights. At the end, how many of the studies are cured, and how often the weights of
one lie within the ranges that another calls as good. It goes on where it was interrupted: call it
again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import permutations
from pathlib import Path
from statistics import fmean

from same_answer import agree, replayed

from tuner.color.symptoms import find_symptoms
from tuner.diagnosis.examine import first_name
from tuner.journal.history import StudyHistory
from tuner.journal.history_builder import read_history
from tuner.journal.workspace import Workspace
from tuner.reporting.claim import describe_claim


def main() -> None:
    """Runs the studies one after the other, and prints a row for each."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--home", type=Path, required=True)
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--study", default="sepia-fix")
    options.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    asked = options.parse_args()
    asked.home.mkdir(parents=True, exist_ok=True)
    folders, histories = [], []
    for seed in range(asked.seeds):
        name = f"{asked.study}-{seed}"
        settings = (f"study={name}", f"seed={seed}", *asked.set)
        command = [
            *(sys.executable, "-m", "tuner", "run", "--study", asked.study, "--quick"),
            *(word for setting in settings for word in ("--set", setting)),
        ]
        with (asked.home / f"{name}.log").open("a", encoding="utf-8") as log:
            subprocess.run(command, cwd=asked.home, stdout=log, stderr=log, check=True)
        folders.append(Workspace(asked.home.absolute()).folder(name))
        histories.append(read_history(folders[-1]))
        print(f"seed {seed}: {_row(histories[-1])}", flush=True)
    before, after = zip(*(_both(history) for history in histories), strict=True)
    first = [first_name(find_symptoms(measures)) for measures in before]
    last = [first_name(find_symptoms(measures)) for measures in after]
    print(f"\nfirst symptom of the start weights: {_counted(first)}")
    print(f"first symptom of the exported ones:  {_counted(last)}")
    print(f"score {_spread(before, 'score')} -> {_spread(after, 'score')}")
    for measure in ("tint", "chroma_ratio", "ab_correlation"):
        print(f"{measure} {_spread(before, measure)} -> {_spread(after, measure)}")
    answers = [replayed(folder) for folder in folders]
    for name in histories[0].start_weights:
        pairs = list(permutations(answers, 2))
        within = sum(agree(name, *pair) for pair in pairs)
        print(f"{name}: within the range of another study in {within} of {len(pairs)} pairs")


def _row(history: StudyHistory) -> str:
    before, after = _both(history)
    told = [
        ", ".join(str(found.symptom) for found in find_symptoms(measures)) or "healthy"
        for measures in (before, after)
    ]
    finished = history.finished
    assert finished is not None
    weights = ", ".join(f"{name} {value:g}" for name, value in finished.best_weights.items())
    claim = describe_claim(finished, history.start_weights, history.unit)
    return f"{told[0]} -> {told[1]}; {weights}; {claim}"


def _both(history: StudyHistory) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """The measures of the start weights and of the exported ones, means over the claim's seeds."""
    assert history.finished is not None
    start, best = history.start_weights, history.finished.best_weights
    return _means(history, start), _means(history, best)


def _means(history: StudyHistory, weights: Mapping[str, float]) -> Mapping[str, float]:
    results = [
        one
        for one in history.results.values()
        if one.trial.role == "confirmation" and dict(one.trial.weights) == dict(weights)
    ]
    names = results[0].measures
    return {
        "score": fmean(one.score for one in results if one.score is not None),
        **{name: fmean(one.measures[name] for one in results) for name in names},
    }


def _spread(all_measures: Sequence[Mapping[str, float]], name: str) -> str:
    values = [measures[name] for measures in all_measures]
    return f"{fmean(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def _counted(names: Sequence[str]) -> str:
    return ", ".join(f"{name} {names.count(name)}" for name in dict.fromkeys(names))


if __name__ == "__main__":
    main()
