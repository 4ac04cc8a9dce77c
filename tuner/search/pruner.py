"""Stops trials that are clearly behind, and forecasts their scores.

A trial is compared with the best weights that differ in the varied weight only and were trained on
two seeds or more in earlier stages, usually the stage's start: with what these are expected to have
at the same step on its own seed. So one lucky training ends no other. The gap may still change
until the end, and a part of it is luck; both are learned from earlier stages, at that very step. A
trial ends early where the gap is wider than both explain:

    gap > t(0.9, degrees) sqrt((drift^2 + noise^2) (1 + 1 / seeds))

with `drift` the standard deviation, between trials of one seed, of how a score changes from the
step to the end, `noise` that of one evaluation at the step (as of scores in `statistics`), and
`seeds` those of the weights it is compared with. In the first stage, where neither is known, no
trial ends early. The start value of a stage, repeats and confirmations never do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from tuner.results import Evaluation, Noise, RunningTrial, Trial, TrialResult
from tuner.results.statistics import (
    STAGE_CONFIDENCE,
    Scores,
    Weights,
    measure_noise,
    scores_by_weights,
)

CONFIDENCE = 0.5 + STAGE_CONFIDENCE / 2
"""One-sided confidence, equal to that of stages; `benchmarks/pruning.py` measures the cost of wrong
decisions."""

MAY_LEAVE = ("candidate", "combination")
"""Roles of trials that are tried out, and decide nothing by themselves."""

FEWEST_SEEDS = 2
"""Of weights that others are compared with: one training may be lucky."""

_FEWEST = 2  # degrees of freedom; with one, Student's margin is wider than any gap


def clearly_behind(
    running: Sequence[RunningTrial], known: Sequence[TrialResult], baseline: Mapping[str, float]
) -> dict[int, str]:
    """The trials that end early, by number, with the reason.

    Args:
        running: The trials that are trained together, with their evaluations so far.
        known: All results so far.
        baseline: The weights that the study starts from.
    """
    leaving: dict[int, str] = {}
    for one in running:
        if one.trial.role in MAY_LEAVE and one.evaluations:
            reason = _why(one, known, baseline)
            if reason:
                leaving[one.trial.number] = reason
    return leaving


def forecasts(results: Sequence[TrialResult]) -> Iterator[tuple[Trial, float]]:
    """Forecasts scores of trials that ended early, from the changes of others with their seed."""
    for result in results:
        if result.status == "pruned" and result.evaluations:
            last = result.evaluations[-1]
            ways = [
                way
                for other in results
                if other.trial.seed == result.trial.seed
                and (way := _way_left(other, result.trial.steps, last.step)) is not None
            ]
            if ways:
                yield result.trial, last.score + float(np.mean(ways))


def _why(one: RunningTrial, known: Sequence[TrialResult], baseline: Mapping[str, float]) -> str:
    """Why a trial ends early; empty where it goes on."""
    here = one.evaluations[-1]
    earlier = [result for result in known if _counts(result, one.trial)]
    then = [at for result in earlier if (at := _as_it_was(result, here.step)) is not None]
    leader = _leader(one.trial, scores_by_weights(then))
    if leader is None:
        return ""
    gap = here.score - leader.expected
    noise, drift = measure_noise(baseline, then), _drift(earlier, one.trial.steps, here.step)
    margin = _margin(noise, *drift, leader.seeds)
    if margin is None or not gap > margin:
        return ""
    varied = one.trial.varied
    name = f"{varied}={leader.weights[varied]:.4g}" if varied else "the weights before"
    return (
        f"stopped at step {here.step} of {one.trial.steps}: {gap:.3f} worse than {name} (mean of "
        f"{leader.seeds} seeds); it could recover at most {margin:.3f}"
    )


def _counts(result: TrialResult, trial: Trial) -> bool:
    """Whether a result is of an earlier stage, and as long."""
    asked = result.trial
    earlier = asked.stage < trial.stage and asked.steps == trial.steps
    return earlier and result.status == "complete" and not asked.rival


def _as_it_was(result: TrialResult, step: int) -> TrialResult | None:
    """A result with its score at a step; None where it was not evaluated there."""
    evaluation = _at(result.evaluations, step)
    return result.model_copy(update={"score": evaluation.score}) if evaluation else None


class _Leader(NamedTuple):
    """Weights that are known well.

    Attributes:
        expected: Their score at the step, on the seed of the trial that is compared with them.
        seeds: How many seeds tell this.
    """

    expected: float
    seeds: int
    weights: Mapping[str, float]


def _leader(trial: Trial, table: Mapping[Weights, Scores]) -> _Leader | None:
    """The best of the weights that a trial can be compared with; None without any."""
    seed = trial.seed
    leaders = [
        _Leader(_expected(row, seed, table), len(row), dict(key))
        for key, row in table.items()
        if len(row) >= FEWEST_SEEDS and _comparable(dict(key), trial)
    ]
    finite = [one for one in leaders if np.isfinite(one.expected)]
    return min(finite, key=lambda one: one.expected, default=None)


def _comparable(weights: Mapping[str, float], trial: Trial) -> bool:
    """Whether only the varied weight differs; a combination is compared with all."""
    return trial.varied is None or all(
        value == weights.get(name) for name, value in trial.weights.items() if name != trial.varied
    )


def _expected(row: Scores, seed: int, table: Mapping[Weights, Scores]) -> float:
    """What a training on a seed is expected to have: those on other seeds, moved to this one.

    NaN where no weights were trained on both.
    """
    moved = []
    for other, score in row.items():
        steps = [
            known[seed] - known[other] for known in table.values() if {seed, other} <= known.keys()
        ]
        moved.append(score + float(np.mean(steps)) if steps else np.nan)
    return float(np.mean(moved))


def _margin(noise: Noise | None, squares: float, degrees: int, seeds: int) -> float | None:
    """The gap that luck and the remaining steps can explain; None before it is known."""
    if noise is None or not noise.paired or min(degrees, noise.degrees) < _FEWEST:
        return None
    quantile = float(stdtrit(min(degrees, noise.degrees), CONFIDENCE))
    return quantile * sqrt((squares / degrees + noise.sd**2) * (1 + 1 / seeds))


def _drift(results: Iterable[TrialResult], steps: int, step: int) -> tuple[float, int]:
    """Sum of squares, within seeds, of score changes from a step to the end; degrees of freedom."""
    ways: dict[int, list[float]] = {}
    for result in results:
        way = _way_left(result, steps, step)
        if way is not None:
            ways.setdefault(result.trial.seed, []).append(way)
    squares = sum(float(np.square(np.subtract(row, np.mean(row))).sum()) for row in ways.values())
    return squares, sum(len(row) - 1 for row in ways.values())


def _way_left(result: TrialResult, steps: int, step: int) -> float | None:
    """How the score of a finished trial changed from a step to its end."""
    evaluation = _at(result.evaluations, step)
    if result.status != "complete" or result.trial.rival or result.trial.steps != steps:
        return None
    return None if evaluation is None or result.score is None else result.score - evaluation.score


def _at(evaluations: Iterable[Evaluation], step: int) -> Evaluation | None:
    finite = (one for one in evaluations if np.isfinite(one.score))
    return next((one for one in finite if one.step == step), None)
