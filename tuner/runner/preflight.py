"""Checks whether trainings are long enough to learn color."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, exp, floor, isfinite, log, log10
from statistics import fmean

import numpy as np

from tuner.errors import TrainerError
from tuner.results import TrialResult
from tuner.spec.study import StudySpec

FARTHEST = 20
"""The largest forecast, as a multiple of the present steps; beyond, it is useless."""

AHEAD = ("baseline", "confirmation")


SLOWEST, FASTEST = 0.25, 2.0
"""Limits of the exponent of the power law of the slope over steps."""


def refuse_a_baseline_without_color(spec: StudySpec, results: Sequence[TrialResult]) -> None:
    """Stops a study whose start weights have not learned color yet.

    Where trials besides the baseline were trained, this was checked before. Trials of the
    confirmation do not count: idle workers may train them first.

    Raises:
        TrainerError: Says how much color was learned, and how many steps are needed.
    """
    needed = spec.guardrails.learned_color
    if needed == 0 or any(result.trial.role not in AHEAD for result in results):
        return
    results = first_trainings(spec, results)
    slopes = [result.measures["ab_slope"] for result in results if "ab_slope" in result.measures]
    if not slopes or fmean(slopes) >= needed:
        return
    if all(len(result.evaluations) < 2 for result in results):  # noqa: PLR2004 - a course needs two
        advice = "train longer (--steps N --restart)"
    else:
        advice = _advice(spec, steps_needed(results, needed, spec.trainer.steps_before))
    raise TrainerError(
        f"the start weights have not learned color yet: after {_trained(spec)} steps the predicted "
        f"colors rise with the true ones by {fmean(slopes):.2f} (needed: {needed:.2f}, all would "
        f"be 1), so no weight of colors could be judged; {advice}, or go on all the "
        "same with --yes"
    )


def first_trainings(spec: StudySpec, results: Iterable[TrialResult]) -> list[TrialResult]:
    """The trainings that a study begins with, of its start weights."""
    if spec.challenger is None:
        return [result for result in results if result.trial.role == "baseline"]
    return [result for result in results if result.trial.is_of(spec.weights)]


def steps_needed(results: Sequence[TrialResult], needed: float, before: int = 0) -> int | None:
    """After how many steps the slope is likely to be reached: a power law through the evaluations.

    Args:
        needed: The slope of the predicted on the true a and b to reach.
        before: Steps that the networks had learned before their trainings began.

    Returns:
        Steps with two significant digits, `before` included; None where a forecast is impossible
        or too large.
    """
    evaluations = [
        (log(before + one.step), log(one.ab_slope))
        for result in results
        for one in result.evaluations
        if before + one.step > 0 and one.ab_slope > 0
    ]
    if len({at for at, _ in evaluations}) < 2:  # noqa: PLR2004 - a line needs two points
        return None
    at, height = np.array(evaluations).T
    power, _ = np.polyfit(at, height, 1)
    if not isfinite(power) or power <= 0:
        return None
    power = min(max(float(power), SLOWEST), FASTEST)
    last = at.max()
    missing = log(needed) - float(height[at == last].mean())
    if missing / power > log(FARTHEST):
        return None
    return _two_digits(exp(last + missing / power))


def _trained(spec: StudySpec) -> int:
    return spec.trainer.steps_before + spec.trainer.steps


def _advice(spec: StudySpec, steps: int | None) -> str:
    if steps is None:
        return f"train far longer (more than {FARTHEST} times as many steps)"
    if spec.trainer.steps_before:
        more = max(1, steps - spec.trainer.steps)
        return f"train longer, about {steps} steps (--set trainer.start_steps={more} --restart)"
    return f"train longer, about {steps} steps (--steps {steps} --restart)"


def _two_digits(steps: float) -> int:
    """A number of steps, rounded up to two significant digits."""
    size: int = 10 ** max(0, floor(log10(steps)) - 1)
    return ceil(steps / size) * size
