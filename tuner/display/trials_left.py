"""The phases of a study, and the trials that are left in each, from least to most."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.display.progress_view import ProgressView
from tuner.results import Trial
from tuner.spec.plan import Plan
from tuner.spec.trial_count import ablations, extensions, start_repeats

Phase = int
"""A phase of a study: 0 is the baseline, 1 to n are the stages; then come the combination (if the
plan has one), the confirmation, and the comparison with presets or other weightings (if any)."""


BASELINE: Phase = 0


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
    underway = [one.trial for one in progress.underway.values() if not one.trial.ahead]
    if underway:
        return max(phase_of(trial, plan) for trial in underway)
    ended = (result.trial for result in progress.results.values())
    seen = [phase_of(trial, plan) for trial in ended if not trial.ahead]
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
    more = plan.second_look_trials
    changed = dict(progress.incumbent) != dict(plan.weights)
    begun = current_phase(progress) == confirmation(plan) and progress.underway
    if changed or begun:
        return Range(trials + before.least, trials + before.most + more)
    over = current_phase(progress) == confirmation(plan)  # no change could be taken back
    if plan.rivals:  # they need the start weights on these seeds
        return Range(trials / 2, trials if over else trials + before.most + more)
    return Range(0, 0 if over else trials + before.most + more)


def _planned_before(progress: ProgressView) -> Range:
    """Ablations, and the long run of candidates; once the claim has begun, their actual number."""
    trials = [result.trial for result in progress.results.values()]
    trials += [underway.trial for underway in progress.underway.values()]
    done = sum(trial.role in {"ablation", "finalist"} for trial in trials)
    claimed = any(trial.role == "confirmation" for trial in trials)
    return Range(done, done if claimed else max(done, _most_before(progress.plan)))


def _most_before(plan: Plan) -> int:
    return sum(ablations(plan)) + plan.finalist_trials
