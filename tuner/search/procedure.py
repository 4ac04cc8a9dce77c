"""The course of a study: baseline, stages, combination, confirmation, in one function.

`follow` is deterministic: whoever hands it the same results gets the same decisions. So a
study is resumed by following its course again, with what is stored in place of training,
and a sampler finds out what comes next by following it until something is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tuner.errors import TrainerError
from tuner.events import BaselineFinished, CombinationFinished, Judgement, StageFinished
from tuner.results import (
    CombinationResult,
    Comparison,
    Noise,
    RivalResult,
    StageResult,
    TrialResult,
)
from tuner.search.combination import combine
from tuner.search.confirmation import compare_with_rivals, confirm
from tuner.search.context import SearchContext
from tuner.search.result_cache import ResultCache, Train
from tuner.search.stage import run_stage
from tuner.spec.plan import Plan

OnJudgement = Callable[[Judgement], None]


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Attributes:
        incumbent: The best weights that the stages and their combination found.
        combination: None where it was switched off, or the budget spent before.
        best: What may be exported: the incumbent where the claim holds, else the baseline.
        confirmation: Incumbent against baseline on fresh seeds; None where no fresh seed has
            a score of both.
        rivals: What one would have got without the study, where that was asked.
        stopped: Where the budget was too small for what was planned; empty where it was not.
    """

    baseline: tuple[TrialResult, ...]
    incumbent: Mapping[str, float]
    best: Mapping[str, float]
    stages: tuple[StageResult, ...]
    combination: CombinationResult | None
    confirmation: Comparison | None
    noise: Noise | None
    stopped: str = ""
    rivals: tuple[RivalResult, ...] = ()


def _nobody(_event: Judgement) -> None:
    """Nobody is told."""


def run_procedure(plan: Plan, train: Train, tell: OnJudgement = _nobody) -> SearchResult:
    """Follows a study from its baseline to its claim.

    Args:
        plan: What will be tried.
        train: Trains the trials that have no result yet, and returns all results in order.
        tell: Told when the baseline is trained, and about each stage as it is judged.

    Raises:
        TrainerError: The start weights diverged on every seed.
    """
    seen = ResultCache(plan, train)
    baseline = seen.train(plan.trials_of(plan.weights, plan.baseline_seeds))
    _refuse_a_baseline_that_diverges(baseline)
    tell(BaselineFinished(noise=seen.noise()))
    context = SearchContext(plan, seen.scale, seen.train_in_budget, seen.noise, seen.surface)
    incumbent: Mapping[str, float] = plan.weights
    stages: list[StageResult] = []
    for stage in plan.stages:
        if not seen.room(f"before stage {stage.number}"):
            break
        judged = run_stage(stage, incumbent, context)
        incumbent = {**incumbent, judged.varied: judged.chosen}
        stages.append(judged)
        tell(StageFinished(stage=judged, incumbent=incumbent, noise=seen.noise()))
        seen.notice_a_shortage(f"in stage {stage.number}")
    combination = None
    if plan.combination and len(plan.stages) == len(stages) and seen.room("before the combination"):
        combination = combine(len(plan.stages) + 1, incumbent, context, seen.results)
        incumbent = combination.chosen
        tell(CombinationFinished(combination=combination, noise=seen.noise()))
        seen.notice_a_shortage("in the combination")
    claim = confirm(plan, incumbent, baseline, seen)
    rivals = compare_with_rivals(plan, seen)
    return SearchResult(
        baseline=tuple(baseline),
        incumbent=incumbent,
        best=incumbent if claim and claim.verdict == "better" else plan.weights,
        stages=tuple(stages),
        combination=combination,
        confirmation=claim,
        noise=seen.noise(),
        stopped=seen.stopped,
        rivals=rivals,
    )


def _refuse_a_baseline_that_diverges(baseline: Sequence[TrialResult]) -> None:
    if all(result.score is None for result in baseline):
        raise TrainerError(
            "the start weights diverged on every seed, so there is nothing to compare with: "
            f"{baseline[0].reason or 'no score'} (lower trainer.learning_rate, or start from "
            "other weights)"
        )
