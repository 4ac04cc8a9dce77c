"""The procedure of a study: baseline, stages, combination, confirmation, in one function.

The procedure is deterministic: the same results give the same decisions. `replay` runs it with
the results that exist in place of training, up to the first trials that have none. So a study
needs no state besides its results: it is resumed by a replay, and any process can continue it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tuner.errors import TrainerError
from tuner.results import (
    CombinationResult,
    Comparison,
    Finalist,
    Noise,
    RivalResult,
    Simplification,
    StageResult,
    Trial,
    TrialResult,
    WeightEffect,
)
from tuner.results.events import BaselineFinished, CombinationFinished, Judgement, StageFinished
from tuner.search.combination import combine
from tuner.search.confirmation import Claim, Claims, compare_with_rivals, confirm
from tuner.search.context import SearchContext
from tuner.search.finalists import chosen_of, run_finalists
from tuner.search.importance import describe
from tuner.search.judged_stages import JudgedStages
from tuner.search.result_cache import Pending, ResultCache, Train, look_up
from tuner.search.simplification import simplify
from tuner.search.stage import run_stage
from tuner.spec.plan import Plan

OnJudgement = Callable[[Judgement], None]


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Attributes:
        incumbent: The best weights that the stages and their combination found, simplified.
        combination: None where it was switched off, or the budget spent before.
        best: What may be exported: the incumbent where the claim holds, else the baseline.
        confirmation: Incumbent against baseline on fresh seeds; None where no fresh seed has
            a score of both.
        rivals: Results without a study, where the study file names rivals.
        simplification: How few changes were left; None where none was made.
        finalists: What was trained as long as the claim, to choose from; empty without a choice.
        effects: What each weight does; empty before there is a surface.
        stopped: Where the budget was too small for what was planned; empty where it was not.
        claimed: What each part of the study claimed, this one last: the weights, and the claim.
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
    simplification: Simplification | None = None
    finalists: tuple[Finalist, ...] = ()
    effects: tuple[WeightEffect, ...] = ()
    claimed: Claims = ()

    @property
    def start_of_the_next(self) -> Mapping[str, float]:
        """Where a study begins that goes on: what was found, unless its claim speaks against it."""
        claim = self.confirmation
        refuted = claim is not None and claim.verdict in {"worse", "guardrail"}
        return self.best if refuted else self.incumbent


@dataclass(frozen=True)
class Step:
    """How far a study has come with the results that exist.

    Attributes:
        judgements: All that can be judged by now, in order.
        missing: The trials to train next; empty once the study is finished.
        result: What the search found; None while trials are missing.
        used: The results that this rests on; others were trained ahead of being asked for.
    """

    judgements: tuple[Judgement, ...]
    missing: tuple[Trial, ...]
    result: SearchResult | None
    used: tuple[TrialResult, ...]


def replay(plan: Plan, results: Iterable[TrialResult], judged: JudgedStages | None = None) -> Step:
    """Runs the procedure as far as the results reach.

    Args:
        plan: What will be tried.
        results: All that exist, in any order.
        judged: Stages that earlier replays of this study judged; this one adds its own.

    Raises:
        TrainerError: The start weights diverged on every seed.
    """
    judgements: list[Judgement] = []
    used: dict[int, TrialResult] = {}
    look = look_up(results)

    def train(trials: Sequence[Trial]) -> list[TrialResult]:
        found = look(trials)
        used.update((result.trial.number, result) for result in found)
        return found

    missing: tuple[Trial, ...] = ()
    found = None
    try:
        found = run_procedure(plan, train, judgements.append, judged)
    except Pending as pending:
        missing = pending.trials
    return Step(tuple(judgements), missing, found, tuple(used.values()))


def _ignore(_event: Judgement) -> None:
    """Ignores the event."""


def run_procedure(
    plan: Plan, train: Train, tell: OnJudgement = _ignore, earlier: JudgedStages | None = None
) -> SearchResult:
    """Runs a study from its baseline to its confirmation; of a challenger, the confirmation alone.

    A study that goes on runs its earlier parts first, each with the settings that it had.

    Args:
        plan: What will be tried.
        train: Trains the trials that have no result yet, and returns all results in order.
        tell: Called when the baseline is trained, and with each stage when it is judged.
        earlier: Stages that need not be judged again.

    Raises:
        TrainerError: The start weights diverged on every seed.
    """
    if plan.challenger is not None:
        return _compare_alone(plan, plan.challenger.weights, ResultCache(plan, train), tell)
    return _search(plan, train, tell, JudgedStages() if earlier is None else earlier)[0]


def _search(
    plan: Plan, train: Train, tell: OnJudgement, known: JudgedStages
) -> tuple[SearchResult, ResultCache]:
    """Runs the earlier parts of a study, then this one from where they ended."""
    before = _search(plan.earlier, train, tell, known.before) if plan.earlier else None
    begun = before[0] if before else None
    seen = ResultCache(plan, train, before[1].results if before else ())
    baseline = seen.train(plan.trials_of(plan.weights, plan.baseline_seeds))
    _refuse_a_baseline_that_diverges(baseline)
    tell(BaselineFinished(noise=seen.noise()))
    context = SearchContext(
        plan, seen.scale, seen.train_in_budget, seen.noise, seen.surface, seen.broken
    )
    incumbent = begun.start_of_the_next if begun else plan.weights
    stages: list[StageResult] = []
    for place, stage in enumerate(plan.stages):
        if not seen.has_budget(f"before stage {stage.number}"):
            break
        finished = known.recall(place, seen)
        if finished is None:
            judged = run_stage(stage, incumbent, context)
            after = {**incumbent, judged.varied: judged.chosen}
            finished = StageFinished(stage=judged, incumbent=after, noise=seen.noise())
            known.keep(place, finished, seen)
        incumbent = finished.incumbent
        stages.append(finished.stage)
        tell(finished)
        seen.record_shortage(f"in stage {stage.number}")
    combination = None
    if (
        plan.combination
        and len(plan.stages) == len(stages)
        and seen.has_budget("before the combination")
    ):
        combination = combine(plan.combination_number, incumbent, context, seen.results)
        incumbent = combination.chosen
        tell(CombinationFinished(combination=combination, noise=seen.noise()))
        seen.record_shortage("in the combination")
    simplification = None
    if incumbent != plan.weights:
        simplification = simplify(plan.combination_number, incumbent, context, seen.results)
        incumbent = simplification.chosen
        seen.record_shortage("in the simplification")
    finalists: tuple[Finalist, ...] = ()
    if incumbent != plan.weights and plan.candidates > 1:
        finalists = run_finalists(incumbent, context, seen)
        incumbent = chosen_of(finalists, incumbent)
    claim = confirm(plan, incumbent, baseline, seen, begun.claimed if begun else ())
    kept = begun.best if begun else plan.weights
    best = incumbent if claim and claim.verdict == "better" else kept
    rivals = compare_with_rivals(plan, seen, best)
    found = SearchResult(
        baseline=tuple(baseline),
        incumbent=incumbent,
        best=best,
        stages=(*(begun.stages if begun else ()), *stages),
        combination=combination,
        confirmation=claim,
        noise=seen.noise(),
        stopped=seen.stopped,
        rivals=rivals,
        simplification=simplification,
        finalists=finalists,
        effects=describe(best, context, seen.results),
        claimed=(*(begun.claimed if begun else ()), (incumbent, claim)),
    )
    return found, seen


def _compare_alone(
    plan: Plan, challenger: Mapping[str, float], seen: ResultCache, tell: OnJudgement
) -> SearchResult:
    """Only the claim: of two sets of weights that are given."""

    def first_look() -> None:
        start = [result for result in seen.results if result.trial.is_of(plan.weights)]
        _refuse_a_baseline_that_diverges(start)
        tell(BaselineFinished(noise=seen.noise(steps=plan.confirm_steps)))

    claim = Claim(plan, challenger, seen, first_look).judged()
    better = claim is not None and claim.verdict == "better"
    return SearchResult(
        baseline=(),
        incumbent=challenger,
        best=challenger if better else plan.weights,
        stages=(),
        combination=None,
        confirmation=claim,
        noise=seen.noise(steps=plan.confirm_steps),
    )


def _refuse_a_baseline_that_diverges(baseline: Sequence[TrialResult]) -> None:
    if all(result.score is None for result in baseline):
        raise TrainerError(
            "the start weights diverged on every seed, so there is nothing to compare with: "
            f"{baseline[0].reason or 'no score'} (lower trainer.learning_rate, or start from "
            "other weights)"
        )
