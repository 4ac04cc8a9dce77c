"""Stops trials that are clearly behind, and forecasts their scores.

A trial is compared with the best trial that differs in the varied weight only, on the same seed, at
the same step. The gap may still change until the end, and part of it may be noise; both are
estimated from earlier stages. A trial ends early where the gap is wider than both explain:

    gap > t(0.9, degrees) sqrt(drift^2 + 2 noise^2)

with `drift` the standard deviation, between trials of one seed, of how a gap changes from the step
to the end, and `noise` that of one training (see `statistics`). In the first stage, where neither
is known, no trial ends early. The start value of a stage, repeats and confirmations never do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import sqrt

import numpy as np
from scipy.special import stdtrit

from tuner.results import Evaluation, RunningTrial, Trial, TrialResult
from tuner.statistics import STAGE_CONFIDENCE, measure_noise

CONFIDENCE = 0.5 + STAGE_CONFIDENCE / 2
"""One-sided confidence, equal to that of stages; `benchmarks/pruning.py` measures the cost of wrong
decisions."""

MAY_LEAVE = ("candidate", "combination")
"""Roles of trials that are tried out, and decide nothing by themselves."""

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
            reason = _why(one, running, known, baseline)
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


def _why(
    one: RunningTrial,
    running: Sequence[RunningTrial],
    known: Sequence[TrialResult],
    baseline: Mapping[str, float],
) -> str:
    """Why a trial ends early; empty where it goes on."""
    here = one.evaluations[-1]
    rivals = [
        (evaluation.score, trial)
        for trial, evaluations in _evaluated(running, known)
        if _comparable(trial, one.trial) and (evaluation := _at(evaluations, here.step)) is not None
    ]
    if not rivals:
        return ""
    best, leader = min(rivals, key=lambda rival: rival[0])
    gap = here.score - best
    earlier = [result for result in known if result.trial.stage < one.trial.stage]
    margin = _margin(earlier, one.trial.steps, here.step, baseline) if gap > 0 else None
    if margin is None or not gap > margin:
        return ""
    varied = one.trial.varied
    name = f"{varied}={leader.weights[varied]:.4g}" if varied else "other weights"
    return (
        f"stopped at step {here.step} of {one.trial.steps}: {gap:.3f} worse than {name}; it could "
        f"recover at most {margin:.3f}"
    )


def _evaluated(
    running: Sequence[RunningTrial], known: Sequence[TrialResult]
) -> Iterator[tuple[Trial, Sequence[Evaluation]]]:
    yield from ((one.trial, one.evaluations) for one in running)
    yield from ((r.trial, r.evaluations) for r in known if r.status == "complete")


def _comparable(other: Trial, trial: Trial) -> bool:
    """Whether two trials can be compared: only the varied weight differs, or both combine."""
    if (other.seed, other.steps, other.rival) != (trial.seed, trial.steps, trial.rival):
        return False
    if trial.varied is None:
        return other.stage == trial.stage
    return all(
        value == other.weights.get(name)
        for name, value in trial.weights.items()
        if name != trial.varied
    )


def _margin(
    results: Sequence[TrialResult], steps: int, step: int, baseline: Mapping[str, float]
) -> float | None:
    """The gap that noise and the remaining steps can explain; None before it is known."""
    noise = measure_noise(baseline, [r for r in results if r.trial.steps == steps])
    squares, degrees = _drift(results, steps, step)
    if noise is None or not noise.paired or min(degrees, noise.degrees) < _FEWEST:
        return None
    quantile = float(stdtrit(min(degrees, noise.degrees), CONFIDENCE))
    return quantile * sqrt(2 * squares / degrees + 2 * noise.sd**2)


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
