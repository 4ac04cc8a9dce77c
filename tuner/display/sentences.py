"""The sentences on events, one for each line; they are the same on a terminal and in a log file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from tuner.display.guarded import guardrail_lines
from tuner.display.progress_view import ProgressView
from tuner.display.trials_left import confirmation, current_phase, describe_count, done_in
from tuner.reporting.outcome import describe_illness
from tuner.reporting.story import (
    ROUNDING,
    describe_combination,
    describe_stage,
    describe_start,
    describe_weights,
)
from tuner.results import (
    CombinationResult,
    Noise,
    StageResult,
    Trial,
    TrialResult,
)
from tuner.results.events import (
    CombinationFinished,
    Event,
    FileMended,
    StageFinished,
    StudyOpened,
    TrainingPrepared,
    TrialFinished,
    TrialStarted,
)
from tuner.results.score_unit import SCORE, ScoreUnit
from tuner.results.statistics import STAGE_CONFIDENCE, visible_gain
from tuner.search.error_spending import visible_claim
from tuner.spec.objective import GuardrailsSpec
from tuner.spec.plan import Plan
from tuner.spec.trial_count import least, most

Tone = Literal["usual", "begun", "heading", "good", "bad", "wrong", "loud"]


@dataclass(frozen=True)
class StatusLine:
    """One sentence, and its importance."""

    text: str
    tone: Tone = "usual"


def tell(event: Event, before: ProgressView, after: ProgressView) -> list[StatusLine]:
    """The lines on an event that changes the progress from `before` to `after`."""
    match event:
        case StudyOpened():
            start = [StatusLine(line) for line in describe_sides(after.plan)]
            start = start or [StatusLine(describe_start(after.symptom, after.plan.weights))]
            return [StatusLine(describe_plan(after.plan), "heading"), *start]
        case TrainingPrepared() | FileMended():
            new = [notice for notice in after.notices if notice not in before.notices]
            known = [remark for remark in after.remarks if remark not in before.remarks]
            notices = [StatusLine(f"NOTICE: {notice}", "loud") for notice in new]
            return [*notices, *map(StatusLine, known)]
        case TrialStarted(trial=trial):
            return [StatusLine(f"{describe_trial(trial, after.plan)}: training", "begun")]
        case TrialFinished(result=result):
            told = [_result_line(result, after)]
            searched = after.plan.challenger is None
            news = searched and after.noise_is_known and not before.noise_is_known
            return [*told, *_baseline_lines(after)] if news else told
        case StageFinished() | CombinationFinished():
            return [_judged(event, after)]
        case _:
            return []


def describe_plan(plan: Plan) -> str:
    """The plan in one sentence."""
    if plan.challenger is not None:
        names = f"{plan.challenger.name} against {plan.start_name}"
        trials = describe_count(least(plan).trials, most(plan).trials).replace("-", " to ")
        return f"{plan.study}: {names}; {trials} trials of {plan.confirm_steps} steps."
    count = len(plan.stages)
    stages = f"{count} stage{'s' if count != 1 else ''}, one weight each"
    trials = describe_count(least(plan).trials, most(plan).trials).replace("-", " to ")
    names = ", ".join(dict.fromkeys(stage.varied for stage in plan.stages))
    combined = ", then a combination" if plan.combination else ""
    return f"{plan.study}: {stages} ({names}){combined}; {trials} trials of {plan.steps} steps."


def describe_sides(plan: Plan) -> list[str]:
    """Two sets of weights that are compared, a line each; nothing where a study searches."""
    if plan.challenger is None:
        return []
    sides = {plan.start_name: plan.weights, plan.challenger.name: plan.challenger.weights}
    return [f"{name}: {describe_weights(weights)}" for name, weights in sides.items()]


def describe_trial(trial: Trial, plan: Plan) -> str:
    """The name of a trial; in the confirmation, with the weights that are trained."""
    if trial.role != "confirmation":
        return trial.title
    best = plan.challenger.name if plan.challenger else "best weights"
    return f"{trial.title}, {plan.start_name if _is_start(trial, plan) else best}"


def describe_result(result: TrialResult, progress: ProgressView) -> str:
    """How a trial ended: `03 ab_weight=4 seed 1: score 0.612 (start 0.655)`."""
    reason = f": {result.reason}" if result.reason else ""
    unit, score = progress.unit, ""
    if result.score is not None:
        score = f"{unit.told(result.score)}{_start(result, progress)}"
        score = ", ".join([score, *_guarded(result, progress.plan)])
    ended = "" if result.status == "complete" else f"{result.status}{reason}"
    ahead = "trained ahead" if result.trial.ahead else ""
    warnings = (f"warning: {warning}" for warning in result.warnings)
    parts = "; ".join(part for part in (score, ended, ahead, *warnings) if part)
    return f"{describe_trial(result.trial, progress.plan)}: {parts or f'no {unit.name}'}"


def describe_noise(progress: ProgressView) -> str:
    """The score of the start weights and the noise, or that this is not known yet."""
    scores = [result.score for result in progress.baseline if result.score is not None]
    if progress.noise is None or not scores:
        return "The noise is not known yet."
    unit, mean = progress.unit, sum(scores) / len(scores)
    visible = describe_visible(progress.noise, progress.plan, unit)
    return f"Start weights: {unit.told(mean)} (mean of {_seeds(len(scores))}). {visible}"


def _baseline_lines(progress: ProgressView) -> list[StatusLine]:
    """The lines on the baseline once it is complete."""
    plan = progress.plan
    illness = describe_illness(
        progress.baseline,
        plan.weights,
        plan.study,
        plan.roles,
        progress.found_by,
        progress.symptom,
    )
    guarded = (StatusLine(*line) for line in guardrail_lines(plan, progress.results.values()))
    lines = [StatusLine(describe_noise(progress)), *guarded, *_ill_start(progress)]
    return [*lines, StatusLine(illness)] if illness else lines


def _ill_start(progress: ProgressView) -> Iterator[StatusLine]:
    """A line where a guardrail rejects the start weights on every seed."""
    reasons = [result.reason for result in progress.baseline if result.status == "rejected"]
    if not reasons or len(reasons) < len(progress.baseline):
        return
    key = reasons[0].partition(":")[0].replace(" ", "_")
    known = key in GuardrailsSpec.model_fields
    choice = f" Or let them count: guardrails: {{{key}: warn}}." if known else ""
    yield StatusLine(
        f"NOTICE: The start weights themselves break a guardrail ({reasons[0]}). Other values that "
        "do are rejected, however well they score; look at the pictures, and train longer where "
        f"that heals it.{choice}",
        "loud",
    )


def describe_visible(noise: Noise, plan: Plan, unit: ScoreUnit = SCORE) -> str:
    """The noise of one training, and the smallest gains that are larger.

    Before other weights were repeated the noise is that of the start weights.
    """
    if noise.sd < ROUNDING:
        return "Every seed left the same, so the noise of one training is not known."
    stage = visible_gain(noise, len(plan.decide_seeds), STAGE_CONFIDENCE)
    claim = visible_claim(noise, plan.looks)
    where = "" if noise.paired else ", where other weights scatter no more than these"
    return (
        f"Noise of one training: {unit.amount(noise.sd)}. Smallest detectable gain: "
        f"{unit.amount(stage)} per stage, {unit.amount(claim)} at the end{where}."
    )


def describe_earlier(progress: ProgressView) -> list[StatusLine]:
    """The lines on the results of an earlier run; none without one."""
    trials, stages = len(progress.results), list(progress.stages.values())
    unit = progress.unit
    combined = []
    if progress.combination:
        combined = [combination_line(progress.combination, stages, unit)]
    if not trials and not stages:
        return []
    count = f"{trials} trial{'s' if trials != 1 else ''}"
    known = progress.noise_is_known and progress.plan.challenger is None
    noise = _baseline_lines(progress) if known else []
    going_on = StatusLine(f"Going on with an earlier run, which finished {count}.", "heading")
    return [going_on, *noise, *(stage_line(stage, unit) for stage in stages), *combined]


def describe_phase(progress: ProgressView) -> str:
    """The present phase in words: `baseline`, `stage 2 of 4: ab_weight`, `confirmation`."""
    phase, stages = current_phase(progress), progress.plan.stages
    if progress.finished is not None:
        return "finished"
    if phase == 0:
        ended = done_in(progress, 0)
        return "baseline" if progress.underway or ended else "getting ready"
    if phase >= confirmation(progress.plan):
        return "confirmation" if phase == confirmation(progress.plan) else "comparison"
    if phase >= progress.plan.combination_number:
        return "combination"
    number = phase - progress.plan.steps_before
    return f"stage {number} of {len(stages)}: {stages[number - 1].varied}"


def stage_line(stage: StageResult, unit: ScoreUnit) -> StatusLine:
    """One step of the session."""
    told = describe_stage(stage, unit)
    return StatusLine(told, "good" if stage.chosen != stage.start else "heading")


def _judged(event: StageFinished | CombinationFinished, progress: ProgressView) -> StatusLine:
    if isinstance(event, StageFinished):
        return stage_line(event.stage, progress.unit)
    return combination_line(event.combination, progress.stages.values(), progress.unit)


def combination_line(
    combination: CombinationResult, stages: Iterable[StageResult], unit: ScoreUnit
) -> StatusLine:
    """The step that moves several weights at once."""
    moved = dict(combination.chosen) != dict(combination.start)
    told = describe_combination(combination, stages, unit)
    return StatusLine(told, "good" if moved else "heading")


def _seeds(number: int) -> str:
    return f"{number} seed{'s' if number != 1 else ''}"


def _result_line(result: TrialResult, progress: ProgressView) -> StatusLine:
    odd = result.status != "complete" or result.warnings
    return StatusLine(describe_result(result, progress), "bad" if odd else "usual")


def _guarded(result: TrialResult, plan: Plan) -> Iterator[str]:
    """The numbers of a trial that have a guardrail: `psnr 24.05`."""
    for name in dict.fromkeys(guardrail.metric for guardrail in plan.guardrails):
        if name in result.measures:
            yield ScoreUnit(name).told(result.measures[name])


def _start(result: TrialResult, progress: ProgressView) -> str:
    """The score of the start weights on the same seed, for a trial of other weights."""
    seed, plan = result.trial.seed, progress.plan
    if _is_start(result.trial, plan):
        return ""
    scores = (
        other.score
        for other in progress.results.values()
        if other.trial.seed == seed and other.score is not None and _is_start(other.trial, plan)
    )
    score = next(scores, None)
    return "" if score is None else f" (start {progress.unit.number(score)})"


def _is_start(trial: Trial, plan: Plan) -> bool:
    return trial.is_of(plan.weights)
