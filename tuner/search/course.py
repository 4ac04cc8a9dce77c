"""The course of a study: baseline, stages, confirmation, in one function.

`follow` is deterministic: whoever hands it the same results gets the same decisions. So a
study is resumed by following its course again, with what is stored in place of training,
and a sampler finds out what comes next by following it until something is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tuner.errors import TrainerError
from tuner.plan import Plan
from tuner.results import Comparison, Noise, StageResult, Trial, TrialResult
from tuner.search.stage import Bench, reliable, run_stage
from tuner.search.verdict import compare, measure_noise, no_change, weights_key

Train = Callable[[Sequence[Trial]], list[TrialResult]]
"""Trains what was not trained yet; returns a result for each trial, in order."""

CLAIM_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Findings:
    """What a search found.

    Attributes:
        incumbent: The best weights that the stages found.
        best: What may be exported: the incumbent where the claim holds, else the baseline.
        confirmation: Incumbent against baseline on fresh seeds; None where no fresh seed has
            a score of both.
        stopped: Where the budget was too small for what was planned; empty where it was not.
    """

    baseline: tuple[TrialResult, ...]
    incumbent: Mapping[str, float]
    best: Mapping[str, float]
    stages: tuple[StageResult, ...]
    confirmation: Comparison | None
    noise: Noise | None
    stopped: str = ""


def _nobody(_stage: StageResult, _incumbent: Mapping[str, float]) -> None:
    """Nobody is told."""


def follow(
    plan: Plan,
    train: Train,
    on_stage: Callable[[StageResult, Mapping[str, float]], None] = _nobody,
) -> Findings:
    """Follows a study from its baseline to its claim.

    Args:
        plan: What will be tried.
        train: Trains the trials that have no result yet, and returns all results in order.
        on_stage: Told about each stage as it is judged, with the weights carried on.

    Raises:
        TrainerError: The start weights diverged on every seed.
    """
    seen = _Seen(plan, train)
    baseline = seen.train(plan.trials_of(plan.weights, plan.baseline_seeds))
    _refuse_a_baseline_that_diverges(baseline)
    incumbent: Mapping[str, float] = plan.weights
    stages: list[StageResult] = []
    stopped, budget = "", f"the budget of {plan.max_trials} trials"
    for stage in plan.stages:
        if not seen.room():
            stopped = stopped or f"{budget} was spent before stage {stage.number}"
            break
        judged = run_stage(stage, incumbent, Bench(plan, seen.train_in_budget, seen.noise))
        incumbent = {**incumbent, judged.varied: judged.chosen}
        stages.append(judged)
        on_stage(judged, incumbent)
        if seen.short and not stopped:
            stopped = f"{budget} ran short in stage {stage.number}"
    claim = _confirm(plan, incumbent, baseline, seen)
    return Findings(
        baseline=tuple(baseline),
        incumbent=incumbent,
        best=incumbent if claim and claim.verdict == "better" else plan.weights,
        stages=tuple(stages),
        confirmation=claim,
        noise=seen.noise(),
        stopped=stopped,
    )


class _Seen:
    """Remembers every result that the course has asked for, each trial once.

    Attributes:
        short: Whether the budget was too small for something that was asked for.
    """

    def __init__(self, plan: Plan, train: Train) -> None:
        self._plan = plan
        self._train = train
        self._results: dict[object, TrialResult] = {}
        self.short = False

    def train(self, trials: Sequence[Trial]) -> list[TrialResult]:
        missing = {key_of(t): t for t in trials if key_of(t) not in self._results}
        if missing:
            fresh = self._train(list(missing.values()))
            self._results.update(zip(missing, fresh, strict=True))
        return [self._results[key_of(trial)] for trial in trials]

    def train_in_budget(self, groups: Sequence[Sequence[Trial]]) -> list[TrialResult]:
        chosen: list[Trial] = []
        for group in groups:
            new = {key_of(trial) for trial in (*chosen, *group)} - self._results.keys()
            if len(new) <= self.room():
                chosen += group
            else:
                self.short = True
        return self.train(chosen)

    def noise(self) -> Noise | None:
        return measure_noise(self._plan.weights, self._results.values())

    def room(self) -> int:
        reserved = self._plan.confirmation_trials
        return max(0, self._plan.max_trials - reserved - len(self._results))


def key_of(trial: Trial) -> object:
    """What makes two trials the same training."""
    return weights_key(trial.weights), trial.seed, trial.steps


def _confirm(
    plan: Plan, incumbent: Mapping[str, float], baseline: Sequence[TrialResult], seen: _Seen
) -> Comparison | None:
    """Incumbent against baseline on seeds that nobody has used."""
    if weights_key(incumbent) == weights_key(plan.weights):
        return no_change(_scores(baseline), CLAIM_CONFIDENCE)
    asked = [
        Trial(weights=dict(weights), seed=seed, steps=plan.steps, role="confirmation")
        for seed in plan.confirm_seeds
        for weights in (plan.weights, incumbent)
    ]
    results = seen.train(asked)
    before, after = _scores(results[0::2]), _scores(results[1::2])
    if not before.keys() & after.keys():
        return None
    noise = seen.noise() if reliable(results[1::2]) else None
    return compare(before, after, noise, CLAIM_CONFIDENCE, strict=True)


def _scores(results: Sequence[TrialResult]) -> dict[int, float]:
    return {r.trial.seed: r.score for r in results if r.score is not None}


def _refuse_a_baseline_that_diverges(baseline: Sequence[TrialResult]) -> None:
    if not _scores(baseline):
        raise TrainerError(
            "the start weights diverged on every seed, so there is nothing to compare with: "
            f"{baseline[0].reason or 'no score'} (lower trainer.learning_rate, or start from "
            "other weights)"
        )
