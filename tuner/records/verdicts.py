"""What came of each trial, and why it was trained."""

from __future__ import annotations

from tuner.records.history import StudyHistory
from tuner.records.story import plain
from tuner.results import CombinationResult, StageResult, Trial


def trial_verdict(history: StudyHistory, number: int) -> str:
    """What came of a trial: the verdict of its stage where it was the one that was judged."""
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
    """By how much a trial's value is better than the value before it; empty where not known."""
    trial = history.trials[number]
    combination = _combination_of(history, trial)
    if combination is not None:
        return _gain_in_combination(combination, trial)
    stage = stage_of(history, trial)
    if stage is None or trial.varied is None:
        return ""
    means = {plain(value): score for value, score in stage.tried}
    before = means.get(plain(stage.start))
    after = means.get(plain(trial.weights[trial.varied]))
    value = plain(trial.weights[trial.varied])
    if before is None or after is None or value == plain(stage.start):
        return ""
    return f"{before - after:+.3f}"


def because_of(history: StudyHistory, trial: Trial) -> str:
    """Why a trial was trained."""
    if trial.role == "baseline":
        return "these are the weights the study starts from"
    if trial.role == "confirmation":
        return "the final claim is measured on seeds that nothing was chosen by"
    if trial.rival:
        return "to show what one would have got without the study"
    if trial.varied is None and trial.stage:
        return "of these weights the surface through all trials promises most"
    return because_of_stage(history, trial.stage)


def because_of_stage(history: StudyHistory, number: int) -> str:
    """The reason of a stage; of a later cycle only once it was judged, else empty."""
    judged = next((stage for stage in history.stages if stage.number == number), None)
    asked = history.spec.get("stages", ())
    if judged is not None or not 1 <= number <= len(asked):
        return judged.because if judged else ""
    return str(asked[number - 1].get("because", ""))


def stage_of(history: StudyHistory, trial: Trial) -> StageResult | None:
    """The stage that a trial belongs to; None before it was judged."""
    return next((stage for stage in history.stages if stage.number == trial.stage), None)


def _verdict_in_stage(stage: StageResult | None, trial: Trial) -> str:
    if stage is None or stage.comparison is None or trial.varied is None:
        return ""
    value = plain(trial.weights[trial.varied])
    if value == plain(stage.start):
        return "incumbent"
    judged = stage.best_tried is not None and value == plain(stage.best_tried)
    return stage.comparison.verdict if judged else "not chosen"


def _verdict_of_claim(history: StudyHistory, trial: Trial) -> str:
    if trial.is_of(history.start_weights):
        return "start weights"
    if history.finished is None or history.finished.confirmation is None:
        return ""
    return history.finished.confirmation.verdict


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


def _gain_in_combination(combination: CombinationResult, trial: Trial) -> str:
    """Known of the weights that were judged; the others were trained on one seed only."""
    comparison, best = combination.comparison, combination.best_tried
    judged = comparison and best and trial.is_of(best)
    return f"{comparison.gain:+.3f}" if judged and comparison else ""
