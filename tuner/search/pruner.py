"""Stops losers early, and forecasts their scores.

A trial is compared with the best trial that differs in the varied weight only, on the same seed, at
the same step. The gap may still change until the end, and part of it may be noise; both are
estimated from earlier stages. A trial ends early where the gap is wider than both explain:

    gap > t(0.9, degrees) sqrt(drift^2 + 2 noise^2)

with `drift` the standard deviation, between trials of one seed, of how a gap changes from the step
to the end, and `noise` that of one training (see `verdict`). The first stage, before which neither
is known, ends no trial early; nor do the start of a stage, repeats and confirmations end early.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import sqrt

import numpy as np
from scipy.special import stdtrit

from tuner.results import Evaluation, RunningTrial, Trial, TrialResult
from tuner.statistics import STAGE_CONFIDENCE, measure_noise

CONFIDENCE = 0.5 + STAGE_CONFIDENCE / 2
"""One-sided, as sure as stages are judged; what it costs to be wrong is measured by
`benchmarks/pruning.py`."""

MAY_LEAVE = ("candidate", "combination")
"""Roles of trials that are tried out, and decide nothing by themselves."""

_FEWEST = 2  # degrees of freedom; with one, Student's margin is wider than any gap


def clearly_behind(
    contenders: Sequence[RunningTrial], known: Sequence[TrialResult], baseline: Mapping[str, float]
) -> dict[int, str]:
    """The trials that end early, by number, with the reason.

    Args:
        contenders: The trials that are trained together, each seen at its latest step.
        known: All results so far.
        baseline: The weights that the study starts from.
    """
    leaving: dict[int, str] = {}
    for one in contenders:
        if one.trial.role in MAY_LEAVE and one.looks:
            reason = _why(one, contenders, known, baseline)
            if reason:
                leaving[one.trial.number] = reason
    return leaving


def forecasts(results: Sequence[TrialResult]) -> Iterator[tuple[Trial, float]]:
    """Forecast scores of trials that ended early: they change as the others of their seed do."""
    for result in results:
        if result.status == "pruned" and result.looks:
            last = result.looks[-1]
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
    contenders: Sequence[RunningTrial],
    known: Sequence[TrialResult],
    baseline: Mapping[str, float],
) -> str:
    """Why a trial ends early; empty where it goes on."""
    here = one.looks[-1]
    rivals = [
        (look.score, trial)
        for trial, looks in _results_cache(contenders, known)
        if _comparable(trial, one.trial) and (look := _at(looks, here.step)) is not None
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
        f"after {here.step} of {one.trial.steps} steps it was {gap:.3f} behind {name}, and no more "
        f"than {margin:.3f} is made up for by luck and the steps that are left"
    )


def _results_cache(
    contenders: Sequence[RunningTrial], known: Sequence[TrialResult]
) -> Iterator[tuple[Trial, Sequence[Evaluation]]]:
    yield from ((one.trial, one.looks) for one in contenders)
    yield from ((r.trial, r.looks) for r in known if r.status == "complete")


def _comparable(other: Trial, trial: Trial) -> bool:
    """Whether two trials differ in the varied weight only; combined ones, in anything."""
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
    """Sum of squares, within seeds, of the ways from a step to the end; degrees of freedom."""
    ways: dict[int, list[float]] = {}
    for result in results:
        way = _way_left(result, steps, step)
        if way is not None:
            ways.setdefault(result.trial.seed, []).append(way)
    squares = sum(float(np.square(np.subtract(row, np.mean(row))).sum()) for row in ways.values())
    return squares, sum(len(row) - 1 for row in ways.values())


def _way_left(result: TrialResult, steps: int, step: int) -> float | None:
    """How the score of a finished trial changed from a step to its end."""
    look = _at(result.looks, step)
    if result.status != "complete" or result.trial.rival or result.trial.steps != steps:
        return None
    return None if look is None or result.score is None else result.score - look.score


def _at(looks: Iterable[Evaluation], step: int) -> Evaluation | None:
    return next((look for look in looks if look.step == step and np.isfinite(look.score)), None)
