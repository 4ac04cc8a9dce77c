"""The trials that are left, from least to most, and how long they may take."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

from tuner.display.activity_view import ActivityView
from tuner.display.progress_view import ProgressView
from tuner.results import Trial
from tuner.spec.plan import Plan
from tuner.spec.trial_count import ablations, extensions, start_repeats
from tuner.wording import unit_of_time

Phase = int
"""A phase of a study: 0 is the baseline, 1 to n are the stages; then come the combination (if the
plan has one), the confirmation, and the comparison with presets or other weightings (if any)."""

BASELINE: Phase = 0
ENOUGH_WORK = 0.02
ENOUGH_SECONDS = 2.0
STEP_OF_TIME = {"s": 5.0, "min": 1.0, "h": 0.5, "days": 0.5}
"""To which a time left is rounded, in its unit."""

ALMOST_EQUAL = 0.15
"""A range is printed as one number where its ends differ less than this share of the upper one."""


@dataclass(frozen=True)
class Range:
    """From `least` to `most`, both 0 or more."""

    least: float
    most: float


def confirmation(plan: Plan) -> Phase:
    """The phase of the final claim."""
    return plan.confirmation_number


def last_phase(plan: Plan) -> Phase:
    """The last phase: the confirmation, or the comparison after it."""
    return confirmation(plan) + (1 if plan.rivals else 0)


def phase_of(trial: Trial, plan: Plan) -> Phase:
    """The phase a trial belongs to; what was trained before a study went on counts as baseline."""
    fresh = trial.seed >= plan.confirm_seeds[0]
    last = confirmation(plan)
    if trial.rival or trial.role == "confirmation":
        at_the_end = last_phase(plan) if trial.rival else last
        return at_the_end if fresh else BASELINE
    if trial.role == "finalist":
        return last
    if trial.stage <= plan.steps_before:
        return BASELINE
    return last if trial.role == "ablation" else min(trial.stage, last)


def current_phase(progress: ProgressView) -> Phase:
    """The present phase; the next one begins with the verdict of the one before."""
    plan = progress.plan
    if progress.underway:
        return max(phase_of(trial.trial, plan) for trial in progress.underway.values())
    seen = [phase_of(result.trial, plan) for result in progress.results.values()]
    judged = [stage.number + 1 for stage in progress.present_part.stages]
    if progress.combination is not None:
        judged.append(confirmation(plan))
    return max([BASELINE, *seen, *judged])


def done_in(progress: ProgressView, phase: Phase) -> int:
    """How many trials of a phase have ended."""
    return sum(phase_of(r.trial, progress.plan) == phase for r in progress.results.values())


def left_in(progress: ProgressView, phase: Phase) -> Range:
    """How many trials of a phase are left, those in training included."""
    begun = sum(phase_of(u.trial, progress.plan) == phase for u in progress.underway.values())
    over = phase < current_phase(progress) or phase in progress.stages
    if progress.combination is not None and phase == progress.combination.number:
        over = True
    if over or progress.finished is not None:
        return Range(begun, begun)
    planned, done = _planned_in(progress, phase), done_in(progress, phase)
    least = max(begun, planned.least - done)
    return Range(least, max(least, planned.most - done))


def left_in_all(progress: ProgressView) -> Range:
    """How many trials of the study are left, those in training included."""
    phases = [left_in(progress, phase) for phase in range(last_phase(progress.plan) + 1)]
    beside = len(progress.plan.rivals) * len(progress.plan.confirm_seeds)
    beside += progress.plan.extension_trials
    before = progress.plan.earlier.all_trials_at_most if progress.plan.earlier else 0
    allowed = progress.plan.max_trials + beside + before - len(progress.results)
    cap = max(len(progress.underway), allowed)
    return Range(
        min(cap, sum(phase.least for phase in phases)), min(cap, sum(p.most for p in phases))
    )


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
    most = claimed + len({*plan.decide_seeds} - {*plan.confirm_seeds} - known)
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


def describe_count(low: float, high: float) -> str:
    """A number or a range of whole numbers: `7`, `7-9`."""
    return f"{low:.0f}" if round(low) == round(high) else f"{low:.0f}-{high:.0f}"


def _planned_in(progress: ProgressView, phase: Phase) -> Range:
    plan = progress.plan
    if phase == BASELINE:
        return Range(len(plan.baseline_seeds), len(plan.baseline_seeds))
    if phase == confirmation(plan):
        return _planned_confirmation(progress)
    if phase > confirmation(plan):
        beside = len(plan.rivals) * len(plan.confirm_seeds)
        return Range(beside, beside)
    if phase <= plan.steps_before:
        return Range(0, 0)
    if phase >= plan.combination_number:
        return Range(0, plan.combination + _repeats(progress))
    stage = plan.stages[phase - plan.steps_before - 1]
    values = len(stage.candidates(progress.incumbent[stage.varied]))
    return Range(values, values + extensions(stage) + _repeats(progress))


def _repeats(progress: ProgressView) -> int:
    """Trainings for a stage's verdict; the first stage may have to repeat the start weights too."""
    plan = progress.plan
    return len(plan.decide_seeds) - 1 + (0 if progress.stages else start_repeats(plan))


def _planned_confirmation(progress: ProgressView) -> Range:
    """Trials of the confirmation, and of the ablations before it."""
    plan = progress.plan
    trials, before = plan.confirmation_trials, _planned_before(progress)
    if plan.challenger is not None:
        more = plan.extension_trials
        return Range(2 * plan.looks[0] + more, trials + more)
    trials += plan.extension_trials
    changed = dict(progress.incumbent) != dict(plan.weights)
    begun = current_phase(progress) == confirmation(plan) and progress.underway
    if changed or begun:
        return Range(trials + before.least, trials + before.most)
    over = current_phase(progress) == confirmation(plan)  # no change could be taken back
    if plan.rivals:  # they need the start weights on these seeds
        return Range(trials / 2, trials if over else trials + before.most)
    return Range(0, 0 if over else trials + before.most)


def _planned_before(progress: ProgressView) -> Range:
    """Ablations, and the long run of candidates; once the claim has begun, their actual number."""
    trials = [result.trial for result in progress.results.values()]
    trials += [underway.trial for underway in progress.underway.values()]
    done = sum(trial.role in {"ablation", "finalist"} for trial in trials)
    claimed = any(trial.role == "confirmation" for trial in trials)
    return Range(done, done if claimed else max(done, _most_before(progress.plan)))


def _most_before(plan: Plan) -> int:
    return sum(ablations(plan)) + plan.finalist_trials
