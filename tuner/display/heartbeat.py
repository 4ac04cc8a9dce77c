"""What a run does now, in words: what it prepares, or the step of the trials in training."""

from __future__ import annotations

from collections.abc import Sequence

from tuner.display.activity_view import ActivityView
from tuner.display.forecast import (
    describe_time,
    share_done,
    time_for_activity,
    time_for_study,
    trained_in,
)
from tuner.display.progress_view import ProgressView
from tuner.display.running_view import RunningView
from tuner.display.trials_left import describe_count, left_in_all
from tuner.wording import duration


def describe_heartbeat(progress: ProgressView, now: float) -> str:
    """One line: what is done now, and how far the study is; empty where nothing is done."""
    training = [trial for trial in progress.underway.values() if trial.began is not None]
    if progress.activity is not None:
        what = describe_activity(progress.activity, now)
    elif training:
        what = f"training: {describe_training(training, now, scripted=progress.scripted)}"
    else:
        return ""
    if not progress.underway or progress.finished is not None:
        return what
    left, done = left_in_all(progress), len(progress.results)
    total = describe_count(done + left.least, done + left.most)
    share = share_done(done, left, trained_in(progress)) * 100
    time = describe_time(time_for_study(progress, now))
    return f"{what}; study: {done} of {total} trials, {share:.0f} %{f', {time}' if time else ''}"


def describe_activity(activity: ActivityView, now: float) -> str:
    """An activity with what is done of it: `reading photos: 30 of 300 photos, 5 s left`."""
    time = describe_time(time_for_activity(activity, now))
    return ", ".join(filter(None, (activity.now.sentence, time)))


def describe_training(
    training: Sequence[RunningView], now: float, *, scripted: bool = False
) -> str:
    """Trials in training, and the step that all have reached.

    Args:
        scripted: Whether a script of the user's own trains, which may tell no steps.
    """
    trials = f"{len(training)} trial{'s' if len(training) != 1 else ''}"
    slowest = min(training, key=lambda trial: trial.share)
    if slowest.step == 0 and slowest.began is not None and now - slowest.began >= 1:
        what = "no step told yet" if scripted else "first step"
        return f"{trials} for {duration(now - slowest.began)}, {what}"
    return f"{trials} at step {slowest.step} of {slowest.trial.steps}"
