"""Draws the live area as lines of text: bars, the trials in training, and the noise."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from tuner.display.activity_view import ActivityView
from tuner.display.forecast import (
    describe_time,
    share_done,
    time_for,
    time_for_activity,
    time_for_study,
    time_for_trials,
    trained_in,
)
from tuner.display.heartbeat import describe_training
from tuner.display.plain import clock_time
from tuner.display.progress_view import ProgressView
from tuner.display.running_view import RunningView
from tuner.display.sentences import describe_phase, describe_trial
from tuner.display.trials_left import (
    Range,
    current_phase,
    describe_count,
    done_in,
    left_in,
    left_in_all,
)

TRIALS_SHOWN = 6
WIDEST = 110
ROOMY = 70
"""From this width on, bars show how many trials they count."""

OTHER_LINES = 9
"""Lines of the live area without trials, and a spare one."""

LABELS = len("loading networks")
SPACIOUS = 59
"""From this width on, labels have a column of a fixed width: bars keep theirs."""


@dataclass(frozen=True)
class Glyphs:
    """The characters of bars and of shortened names."""

    full: str = "\N{BOX DRAWINGS HEAVY HORIZONTAL}"
    empty: str = "\N{BOX DRAWINGS LIGHT HORIZONTAL}"
    cut: str = "\N{HORIZONTAL ELLIPSIS}"


FINE = Glyphs()
ASCII = Glyphs("#", "-", "..")


@dataclass(frozen=True)
class Bar:
    """One bar with its texts."""

    label: str
    share: float
    count: str
    time: str


def draw(
    progress: ProgressView,
    now: float,
    width: int,
    height: int,
    *,
    signs: Glyphs = FINE,
) -> list[Text]:
    """The lines of the live area, none wider than `width` cells."""
    width = min(width, WIDEST)
    lines = [Text(), _heading(progress, now, width)]
    bars = _bars(progress, now)
    lines += _draw_bars(bars, width, signs) if bars else []
    if progress.activity is not None and progress.activity.now.detail:
        lines.append(Text(progress.activity.now.detail, style="dim"))
    room = max(0, min(TRIALS_SHOWN, height - OTHER_LINES))
    lines += _trials(progress, now, width, room, signs)
    if progress.noise_is_known and progress.noise is not None and progress.finished is None:
        noise = progress.unit.amount(progress.noise.sd)
        lines.append(Text(f"noise of one training: {noise}", style="dim"))
    for line in lines:
        line.truncate(width)
    return lines


def _heading(progress: ProgressView, now: float, width: int) -> Text:
    elapsed = clock_time(now - progress.began)
    phase, study = describe_phase(progress), progress.plan.study
    full = f"{study}, {phase}"
    what = full if len(full) + len(elapsed) < width else phase
    what = what[: max(0, width - len(elapsed) - 1)]
    heading = Text(what, style="bold")
    heading.append(elapsed.rjust(width - len(what)), style="dim")
    return heading


def _bars(progress: ProgressView, now: float) -> list[Bar]:
    activity = progress.activity
    first = [_bar_of_activity(activity, now)] if activity else []
    trials = [] if _all_untold(progress) else [_bar_of_trials(progress, now)]
    if progress.finished is not None or not (progress.underway or progress.results):
        return first
    phase = current_phase(progress)
    stage = _Count(done_in(progress, phase), left_in(progress, phase), trained_in(progress, phase))
    study = _Count(len(progress.results), left_in_all(progress), trained_in(progress))
    return [
        *(first or trials),
        _bar_of("stage", stage, time_for(progress, stage.left, stage.trained, now)),
        _bar_of("study", study, time_for_study(progress, now)),
    ]


def _bar_of_activity(activity: ActivityView, now: float) -> Bar:
    time = describe_time(time_for_activity(activity, now))
    return Bar(activity.now.name, activity.share, activity.now.count, time)


def _bar_of_trials(progress: ProgressView, now: float) -> Bar:
    active = _active(progress)
    share = sum(trial.share for trial in active) / max(1, len(active))
    count = describe_training(active, now, scripted=progress.scripted) if active else ""
    label = "trial" if len(active) < 2 else "trials"  # noqa: PLR2004 - grammar
    return Bar(label, share, count, describe_time(time_for_trials(progress, now)))


@dataclass(frozen=True)
class _Count:
    """Trials that ended, trials that are left, and the trained part of the latter."""

    done: int
    left: Range
    trained: float


def _bar_of(label: str, trials: _Count, time: Range | None) -> Bar:
    done, left, trained = trials.done, trials.left, trials.trained
    count = f"{done} of {describe_count(done + left.least, done + left.most)} trials"
    return Bar(label, share_done(done, left, trained), count, describe_time(time))


def _draw_bars(bars: list[Bar], width: int, signs: Glyphs) -> list[Text]:
    # The column of the time is reserved before the time is known: bars keep their width.
    times = max(len("up to 55 min left"), *(len(bar.time) for bar in bars))
    ends = [bar.time.ljust(times) for bar in bars]
    if width >= ROOMY:
        counts = max(len(bar.count) for bar in bars)
        ends = [f"{bar.count.ljust(counts)}  {end}" for bar, end in zip(bars, ends, strict=True)]
    labels = LABELS if width >= SPACIOUS else max(len(bar.label) for bar in bars)
    cells = max(4, width - labels - len(ends[0]) - len("  100 %  "))
    return [_draw_bar(bar, end, labels, cells, signs) for bar, end in zip(bars, ends, strict=True)]


def _draw_bar(bar: Bar, end: str, labels: int, cells: int, signs: Glyphs) -> Text:
    full = round(bar.share * cells)
    line = Text(f"{bar.label.ljust(labels)} ")
    line.append(signs.full * full, style="cyan")
    line.append(signs.empty * (cells - full), style="dim")
    line.append(f" {int(bar.share * 100):3d} %  {end}")
    return line


def _trials(progress: ProgressView, now: float, width: int, room: int, signs: Glyphs) -> list[Text]:
    training = _active(progress)[:room]
    lines = [_trial(trial, progress, now, width, signs) for trial in training]
    more = len(progress.underway) - len(training)
    if more and training:
        waiting = sum(trial.began is None for trial in progress.underway.values())
        lines.append(Text(f"and {more} more" if more > waiting else f"{more} waiting", "dim"))
    return lines


def _is_untold(trial: RunningView, progress: ProgressView) -> bool:
    """Whether a script of the user's own trains, and has told no step."""
    return progress.scripted and trial.step == 0


def _all_untold(progress: ProgressView) -> bool:
    active = _active(progress)
    return bool(active) and all(_is_untold(trial, progress) for trial in active)


def _active(progress: ProgressView) -> list[RunningView]:
    begun = [trial for trial in progress.underway.values() if trial.began is not None]
    return sorted(begun, key=lambda trial: trial.trial.number)


def _trial(
    trial: RunningView, progress: ProgressView, now: float, width: int, signs: Glyphs
) -> Text:
    score = "" if trial.score is None else f" {progress.unit.number(trial.score)}"
    of = str(trial.trial.steps)
    steps = f"{str(trial.step).rjust(len(of))}/{of}"
    if _is_untold(trial, progress):
        steps = clock_time(now - (now if trial.began is None else trial.began))
    room = width - len(steps) - len(score) - 1
    name = shorten(describe_trial(trial.trial, progress.plan), room, signs.cut)
    wide = min(room, 44)
    line = Text(name.ljust(wide))
    line.append(f" {steps}", style="dim")
    line.append(score)
    return line


def shorten(name: str, width: int, cut: str) -> str:
    """A name in at most `width` characters; the weight's name is shortened, not its value."""
    if len(name) <= width:
        return name
    head, equals, value = name.partition("=")
    room = width - len(equals + value) - len(cut)
    if equals and room > 0:
        return f"{head[:room]}{cut}{equals}{value}"
    return f"{name[: max(0, width - len(cut))]}{cut}"[:width]
