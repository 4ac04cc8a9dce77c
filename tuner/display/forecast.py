"""How long the trials that are left may take, from least to most."""

from __future__ import annotations

from math import ceil, floor

from tuner.display.activity_view import ActivityView
from tuner.display.progress_view import ProgressView
from tuner.display.trials_left import Phase, Range, left_in_all, phase_of
from tuner.wording import unit_of_time

ENOUGH_WORK = 0.02
ENOUGH_SECONDS = 2.0
STEP_OF_TIME = {"s": 5.0, "min": 1.0, "h": 0.5, "days": 0.5}
"""To which a time left is rounded, in its unit."""

ALMOST_EQUAL = 0.15
"""A range is printed as one number where its ends differ less than this share of the upper one."""


def trained_in(progress: ProgressView, phase: Phase | None = None) -> float:
    """The trained part of the trials in training, in whole trainings; of one phase, or of all."""
    return sum(
        trial.share
        for trial in progress.underway.values()
        if phase is None or phase_of(trial.trial, progress.plan) == phase
    )


def share_done(done: int, left: Range, trained: float) -> float:
    """The share that is done, in [0, 1], if the middle of the range is left."""
    total = done + (left.least + left.most) / 2
    return min(1.0, (done + trained) / total) if total else 1.0


def time_for(progress: ProgressView, left: Range, trained: float, now: float) -> Range | None:
    """Seconds that trials will take at the measured pace; None before it is measured.

    The pace is the number of trainings per second of wall time, so it includes parallel trials and
    the preparations between them.
    """
    if progress.work < ENOUGH_WORK or progress.busy < ENOUGH_SECONDS:
        return None
    each = progress.busy / progress.work
    passed = max(0.0, now - progress.heard) if progress.underway else 0.0
    doubt = 1.1 if progress.work >= 1 else 1.25  # guesses of how much the pace may still change
    low = (left.least - trained) * each / doubt - passed
    high = (left.most - trained) * each * doubt - passed
    return Range(max(0.0, low), max(0.0, low, high))


def time_for_study(progress: ProgressView, now: float) -> Range | None:
    """Seconds that the study will take, the networks to start from included."""
    trials = time_for(progress, left_in_all(progress), trained_in(progress), now)
    if trials is None or not progress.started:
        return trials
    each, seeds = progress.starting / progress.started, _new_seeds(progress)
    return Range(trials.least + each * seeds.least, trials.most + each * seeds.most)


def _new_seeds(progress: ProgressView) -> Range:
    """Seeds that no trial has had yet; those of the claim are needed where a weight has moved."""
    plan = progress.plan
    known = {result.trial.seed for result in progress.results.values()}
    known |= {underway.trial.seed for underway in progress.underway.values()}
    claimed = len({*plan.confirm_seeds} - known)
    most = len({*plan.claim_seeds(plan.looks[-1]), *plan.decide_seeds} - known)
    moved = dict(progress.incumbent) != dict(plan.weights)
    return Range(claimed if moved else 0, most)


def time_for_trials(progress: ProgressView, now: float) -> Range | None:
    """Seconds until the trials in training have ended; None before that can be estimated."""
    ends = [
        (u.heard - u.began) * (1 - u.share) / u.share - (now - u.heard)
        for u in progress.underway.values()
        if u.began is not None and u.share > 0 and u.heard - u.began >= ENOUGH_SECONDS / 2
    ]
    ends = ends or _ends_like_earlier(progress, now)
    return Range(max(0.0, *ends), max(0.0, *ends)) if ends else None


def _ends_like_earlier(progress: ProgressView, now: float) -> list[float]:
    """When scripts that tell no steps end, if they take as long for a step as earlier ones."""
    if not progress.scripted:
        return []
    paces = [r.seconds / r.trial.steps for r in progress.results.values() if r.score is not None]
    if not paces:
        return []
    pace = sum(paces) / len(paces)
    begun = [u for u in progress.underway.values() if u.began is not None]
    return [pace * u.trial.steps - (now - (u.began or 0.0)) for u in begun]


def time_for_activity(activity: ActivityView, now: float) -> Range | None:
    """Seconds until an activity is over, at its pace so far or the last time; None without one."""
    done = activity.now.done - activity.first
    passed = activity.heard - activity.began
    each = activity.usual
    if done > 0 and passed >= ENOUGH_SECONDS / 2:
        each = passed / done
    if each is None:
        return None
    left = (activity.now.total - activity.now.done) * each - (now - activity.heard)
    return Range(max(0.0, left), max(0.0, left))


def describe_time(left: Range | None) -> str:
    """Time left in words: `3 min left`, `2-3 min left`, `up to 3 min left`."""
    if left is None:
        return ""
    size, name = unit_of_time(left.most)
    step = STEP_OF_TIME[name]
    if left.most - left.least <= ALMOST_EQUAL * left.most:
        middle = ceil((left.least + left.most) / 2 / size / step) * step
        return f"{middle:g} {name} left" if middle else "almost done"
    low, high = floor(left.least / size / step) * step, ceil(left.most / size / step) * step
    return f"{low:g}-{high:g} {name} left" if low > 0 else f"up to {high:g} {name} left"
