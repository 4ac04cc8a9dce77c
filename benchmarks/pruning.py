"""What it saves and what it costs to let losers leave early, on trainings that were recorded.

    python benchmarks/pruning.py [--stages 4000] [--recorded FILE]

Recorded trainings (81 sets of weights, each with the same seeds, scored at 1/8, 1/4 and 1/2 of
their steps and at the end) are put together into stages: an incumbent that is known on all seeds
and two candidates that differ from it in one weight, after eight other sets of weights from which
noise and drift are known. Then the tuner's own rule decides who leaves. Since all were recorded to
their end, it is known what was lost.

The last row is what no rule could know: gaps at which one leaves, one for each step, chosen in
hindsight on these stages so that they save most while the best value leaves in at most 1 %.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from tuner.results import Evaluation, RunningTrial, Trial, TrialResult
from tuner.results.statistics import Weights, weights_key
from tuner.search import pruner

RECORDED = Path(__file__).parent / "surfaces" / "sample-quick.csv"
STEPS = 1000
RUNGS = (1 / 8, 1 / 4, 1 / 2)
EARLIER = 8
CONFIDENCES = (0.8, 0.85, 0.875, 0.9, 0.95)
GAPS = (*np.arange(0.0, 0.125, 0.01), 0.15, 0.2, np.inf)
TOLERATED = 0.01

Line = list[Mapping[str, float]]


@dataclass
class Outcome:
    """Of all stages together."""

    steps: float = 0.0
    trained: float = 0.0
    stages: int = 0
    best_left: int = 0
    lost: float = 0.0


def main() -> None:
    """Prints a row for each confidence."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--stages", type=int, default=4000)
    options.add_argument("--recorded", type=Path, default=RECORDED)
    asked = options.parse_args()
    recorded = Recorded(asked.recorded)
    print(f"{len(recorded.results)} trainings, {asked.stages} stages made of them")
    print(f"{'confidence':>10} {'steps saved':>12} {'best left':>10} {'score lost a stage':>19}")
    for confidence in CONFIDENCES:
        pruner.CONFIDENCE = confidence
        seen = simulate(recorded, asked.stages)
        saved, best = 1 - seen.trained / seen.steps, seen.best_left / seen.stages
        print(f"{confidence:>10} {saved:>12.1%} {best:>10.1%} {seen.lost / seen.stages:>19.4f}")
    saved, best, lost = hindsight(recorded)
    print(f"{'hindsight':>10} {saved:>12.1%} {best:>10.1%} {lost:>19.4f}")


class Recorded:
    """Trainings by weights and seed."""

    def __init__(self, file: Path) -> None:
        self.results: dict[tuple[Weights, int], TrialResult] = {}
        with file.open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                result = _result(row)
                self.results[weights_key(result.trial.weights), result.trial.seed] = result
        self.weights = [dict(key) for key in dict.fromkeys(key for key, _ in self.results)]
        self.seeds = sorted({seed for _, seed in self.results})

    def of(self, weights: Mapping[str, float], seed: int) -> TrialResult:
        """One training."""
        return self.results[weights_key(weights), seed]

    def lines(self) -> Iterator[tuple[str, Line]]:
        """All sets of weights that differ in one weight only, with its name."""
        for name in self.weights[0]:
            rows: dict[object, list[Mapping[str, float]]] = {}
            for weights in self.weights:
                others = {other: value for other, value in weights.items() if other != name}
                rows.setdefault(weights_key(others), []).append(weights)
            for line in rows.values():
                yield name, line

    def mean(self, weights: Mapping[str, float]) -> float:
        """The score over all seeds, as near to the truth as the record comes."""
        return float(np.mean([self.of(weights, seed).score or 0.0 for seed in self.seeds]))


def simulate(recorded: Recorded, stages: int) -> Outcome:
    """Lets losers leave in as many stages, always the same ones."""
    dice = np.random.default_rng(0)
    lines, seen = list(recorded.lines()), Outcome()
    for _ in range(stages):
        name, line = lines[dice.integers(len(lines))]
        seed = int(dice.choice(recorded.seeds))
        incumbent = line[dice.integers(len(line))]
        chosen = dice.choice(len(recorded.weights), EARLIER, replace=False)
        before = [recorded.of(recorded.weights[i], s) for i in chosen for s in recorded.seeds]
        known = [_as(result, "candidate", 1, None) for result in before]
        known += [_as(recorded.of(incumbent, s), "candidate", 1, None) for s in recorded.seeds]
        candidates = [
            _as(recorded.of(weights, seed), "candidate", 2, name, number)
            for number, weights in enumerate(line)
            if weights != incumbent
        ]
        left = leave(candidates, known)
        seen.stages += 1
        seen.steps += len(candidates)
        seen.trained += sum(left.get(one.trial.number, 1.0) for one in candidates)
        stayed = [weights for number, weights in enumerate(line) if number not in left]
        lost = min(map(recorded.mean, stayed)) - min(map(recorded.mean, line))
        seen.best_left += lost > 0
        seen.lost += lost
    return seen


def hindsight(recorded: Recorded) -> tuple[float, float, float]:
    """Steps saved, stages whose best left, and score lost, with the best fixed gaps."""
    gaps, truths = _every_stage(recorded)
    rows = [_with_gaps(np.array(limits), gaps, truths) for limits in product(GAPS, repeat=3)]
    return max(row for row in rows if row[1] <= TOLERATED)


def _every_stage(recorded: Recorded) -> tuple[np.ndarray, np.ndarray]:
    """Of all stages: (n, 2, 3) gaps of candidates at each step, and (n, 3) true scores.

    The incumbent is the last of the three.
    """
    table = np.array(
        [
            [[one.score for one in recorded.of(w, s).evaluations[1:]] for s in recorded.seeds]
            for w in recorded.weights
        ]
    )
    by_seed = table.mean(axis=0) - table.mean(axis=(0, 1))
    gaps, truths = [], []
    for _, line in recorded.lines():
        places = [recorded.weights.index(dict(weights)) for weights in line]
        for turn, seed in product(range(len(places)), range(len(recorded.seeds))):
            *candidates, incumbent = (*places[turn + 1 :], *places[: turn + 1])
            expected = table[incumbent].mean(axis=0) + by_seed[seed]
            gaps.append((table[candidates, seed] - expected)[:, :3])
            truths.append(table[[*candidates, incumbent], :, -1].mean(axis=1))
    return np.array(gaps), np.array(truths)


def _with_gaps(
    limits: np.ndarray, gaps: np.ndarray, truths: np.ndarray
) -> tuple[float, float, float]:
    behind = gaps > limits
    leaves, first = behind.any(axis=-1), behind.argmax(axis=-1)
    saved = float(np.where(leaves, 1 - np.array(RUNGS)[first], 0).mean())
    gone = np.pad(leaves, ((0, 0), (0, 1)))
    lost = np.where(gone, np.inf, truths).min(axis=1) - truths.min(axis=1)
    return saved, float((lost > 0).mean()), float(lost.mean())


def leave(candidates: Sequence[TrialResult], known: Sequence[TrialResult]) -> dict[int, float]:
    """Who leaves, by number, and at which share of the steps."""
    left: dict[int, float] = {}
    for rung in RUNGS:
        running = [
            RunningTrial(
                trial=one.trial,
                evaluations=tuple(x for x in one.evaluations if x.step <= rung * STEPS),
            )
            for one in candidates
            if one.trial.number not in left
        ]
        leaving = pruner.clearly_behind(running, known, known[0].trial.weights)
        left |= dict.fromkeys(leaving, rung)
    return left


def _result(row: Mapping[str, str]) -> TrialResult:
    evaluations = [
        Evaluation(
            step=round(float(key.removeprefix("score_")) * STEPS), score=float(row[key]), ab_slope=0
        )
        for key in row
        if key.startswith("score_")
    ]
    names = [name for name in row if name.endswith("_weight")]
    trial = Trial(
        weights={name: float(row[name]) for name in names},
        seed=int(row["seed"]), steps=STEPS, role="candidate",
    )  # fmt: skip
    return TrialResult(
        trial=trial, status="complete", score=evaluations[-1].score, evaluations=tuple(evaluations)
    )


def _as(
    result: TrialResult, role: str, stage: int, varied: str | None, number: int = -1
) -> TrialResult:
    asked = {"role": role, "stage": stage, "varied": varied, "number": number}
    return result.model_copy(update={"trial": result.trial.model_copy(update=asked)})


if __name__ == "__main__":
    main()
