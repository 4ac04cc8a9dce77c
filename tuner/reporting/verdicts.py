"""The verdict of each trial, and why it was trained."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from statistics import fmean

from tuner.journal.history import StudyHistory
from tuner.reporting.story import describe_reason, plain
from tuner.results import CombinationResult, StageResult, Trial
from tuner.results.statistics import scores_by_seed, weights_key
from tuner.spec.stage import StageSpec
from tuner.spec.stage_plan import StagePlan


def run_name(trial: Trial, start_weights: Mapping[str, float]) -> str:
    """A short name that sorts by number, such as `03 ab_weight=4.0`."""
    if trial.role == "confirmation":
        which = "start" if trial.is_of(start_weights) else "best"
        return f"{trial.number:02d} confirm {which} weights, seed {trial.seed}"
    if trial.rival:
        return f"{trial.number:02d} instead: {trial.rival}, seed {trial.seed}"
    if trial.role == "ablation":
        return f"{trial.number:02d} {trial.purpose}, seed {trial.seed}"
    if trial.varied is None:
        what = f"combination {trial.stage}" if trial.stage else trial.role
        return f"{trial.number:02d} {what}, seed {trial.seed}"
    name = f"{trial.number:02d} {trial.varied}={plain(trial.weights[trial.varied])}"
    return f"{name}, seed {trial.seed}" if trial.role == "repeat" else name


def trial_verdict(history: StudyHistory, number: int) -> str:
    """The verdict of a trial; that of its stage where the trial has the value that was judged."""
    trial, state = history.trials[number], history.state(number)
    if state != "complete":
        return state if state != "running" else ""
    if trial.rival:
        return _verdict_of_rival(history, trial)
    if trial.role in {"baseline", "confirmation"}:
        return _verdict_of_claim(history, trial)
    combination = _combination_of(history, trial)
    if combination is not None:
        return _verdict_of_combination(combination, trial)
    return _verdict_in_stage(stage_of(history, trial), trial)


def trial_gain(history: StudyHistory, number: int) -> str:
    """The gain of a trial's weights over those before, on the seeds that both were trained on.

    Empty where it is not known, or the weights are those before.
    """
    trial = history.trials[number]
    before = _weights_before(history, trial)
    if before is None or trial.is_of(before):
        return ""
    old, new = _by_seed(history, before, trial), _by_seed(history, trial.weights, trial)
    gains = [old[seed] - new[seed] for seed in old.keys() & new.keys()]
    return history.unit.signed(fmean(gains)) if gains else ""


def _weights_before(history: StudyHistory, trial: Trial) -> Mapping[str, float] | None:
    """The weights before a trial's stage; None outside stages and before the verdict."""
    combination, stage = _combination_of(history, trial), stage_of(history, trial)
    if combination is not None:
        return combination.start
    if stage is None or trial.varied is None:
        return None
    return {**trial.weights, trial.varied: stage.start}


def _by_seed(history: StudyHistory, weights: Mapping[str, float], like: Trial) -> dict[int, float]:
    """Scores of trainings with some weights and as many steps as a trial, by seed."""
    alike = history.results_alike.get((weights_key(weights), like.steps), ())
    return scores_by_seed(alike, rejected=True)


WHY = {
    "baseline": "these are the weights the study starts from",
    "confirmation": "the final claim is measured on seeds that nothing was chosen by",
    "rival": "to show what one would have got without the study",
    "finalist": "a long run chooses which of a few sets of weights is claimed",
    "ablation": "weights that were moved go back to their start where that costs nothing",
}
"""Why trials were trained, by their role; others have a stage."""


def because_of(history: StudyHistory, trial: Trial) -> str:
    """Why a trial was trained."""
    if trial.role in WHY:
        return WHY[trial.role]
    if trial.varied is None and trial.stage:
        return "of these weights the surface through all trials promises most"
    return _because_of_value(history, trial)


def _because_of_value(history: StudyHistory, trial: Trial) -> str:
    """Why a stage tried a value."""
    if _goes_on_beyond(history, trial):
        return "the best value so far was at the edge of those asked for, so the stage went on"
    return because_of_stage(history, trial.stage)


def _goes_on_beyond(history: StudyHistory, trial: Trial) -> bool:
    """Whether a trial's value lies on the other side of the stage's start than all asked values."""
    stage, asked = stage_of(history, trial), history.spec.get("stages", ())
    if stage is None or trial.varied is None or not 1 <= trial.stage <= len(asked):
        return False
    planned = StagePlan(trial.stage, StageSpec.model_validate(asked[trial.stage - 1]), 0.0, inf)
    return planned.is_opposite(stage.start, trial.weights[trial.varied])


def because_of_stage(history: StudyHistory, number: int) -> str:
    """The reason of a stage; empty for a stage of a later cycle before its verdict."""
    judged = next((stage for stage in history.stages if stage.number == number), None)
    asked = history.spec.get("stages", ())
    if judged is not None or not 1 <= number <= len(asked):
        return describe_reason(judged) if judged else ""
    return str(asked[number - 1].get("because", ""))


def stage_of(history: StudyHistory, trial: Trial) -> StageResult | None:
    """The judged stage of a trial; None before the verdict."""
    return next((stage for stage in history.stages if stage.number == trial.stage), None)


def _verdict_in_stage(stage: StageResult | None, trial: Trial) -> str:
    if stage is None or stage.comparison is None or trial.varied is None:
        return ""
    value = plain(trial.weights[trial.varied])
    if value == plain(stage.start):
        return "incumbent"
    if value in {plain(broken) for broken, _ in stage.broken}:
        return "guardrail"
    judged = stage.best_tried is not None and value == plain(stage.best_tried)
    return stage.comparison.verdict if judged else "not chosen"


def _verdict_of_claim(history: StudyHistory, trial: Trial) -> str:
    if trial.is_of(history.start_weights):
        return "start weights"
    claims = [end.confirmation for end in history.endings if trial.is_of(end.incumbent_weights)]
    return claims[-1].verdict if claims and claims[-1] else ""


def _verdict_of_rival(history: StudyHistory, trial: Trial) -> str:
    rivals = history.finished.rivals if history.finished else ()
    compared = [rival.comparison for rival in rivals if rival.name == trial.rival]
    return compared[0].verdict if compared and compared[0] else ""


def _combination_of(history: StudyHistory, trial: Trial) -> CombinationResult | None:
    combination = history.combination
    return combination if combination and combination.number == trial.stage else None


def _verdict_of_combination(combination: CombinationResult, trial: Trial) -> str:
    if trial.is_of(combination.start):
        return "incumbent"
    judged = combination.best_tried and trial.is_of(combination.best_tried)
    if not judged or combination.comparison is None:
        return "not chosen"
    return combination.comparison.verdict
