"""The course of a study: baseline, stages, combination, confirmation, in one function.

`follow` is deterministic: whoever hands it the same results gets the same decisions. So a
study is resumed by following its course again, with what is stored in place of training,
and a sampler finds out what comes next by following it until something is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from tuner.errors import TrainerError
from tuner.events import BaselineFinished, CombinationFinished, Judgement, StageFinished
from tuner.plan import Plan
from tuner.results import (
    CombinationResult,
    Comparison,
    Noise,
    RivalResult,
    Role,
    StageResult,
    Trial,
    TrialResult,
)
from tuner.search.bench import Bench, Groups, reliable, scores_by_seed
from tuner.search.combination import combine
from tuner.search.scale import Scale
from tuner.search.stage import run_stage
from tuner.search.surface import Surface
from tuner.search.verdict import (
    CLAIM_CONFIDENCE,
    compare,
    measure_noise,
    no_change,
    weights_key,
)

Train = Callable[[Sequence[Trial]], list[TrialResult]]
"""Trains what was not trained yet; returns a result for each trial, in order."""

Tell = Callable[[Judgement], None]


@dataclass(frozen=True)
class Findings:
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


def follow(plan: Plan, train: Train, tell: Tell = _nobody) -> Findings:
    """Follows a study from its baseline to its claim.

    Args:
        plan: What will be tried.
        train: Trains the trials that have no result yet, and returns all results in order.
        tell: Told when the baseline is trained, and about each stage as it is judged.

    Raises:
        TrainerError: The start weights diverged on every seed.
    """
    seen = _Seen(plan, train)
    baseline = seen.train(plan.trials_of(plan.weights, plan.baseline_seeds))
    _refuse_a_baseline_that_diverges(baseline)
    tell(BaselineFinished(noise=seen.noise()))
    bench = Bench(plan, seen.scale, seen.train_in_budget, seen.noise, seen.surface)
    incumbent: Mapping[str, float] = plan.weights
    stages: list[StageResult] = []
    for stage in plan.stages:
        if not seen.room(f"before stage {stage.number}"):
            break
        judged = run_stage(stage, incumbent, bench)
        incumbent = {**incumbent, judged.varied: judged.chosen}
        stages.append(judged)
        tell(StageFinished(stage=judged, incumbent=incumbent, noise=seen.noise()))
        seen.notice_a_shortage(f"in stage {stage.number}")
    combination = None
    if plan.combination and len(plan.stages) == len(stages) and seen.room("before the combination"):
        combination = combine(len(plan.stages) + 1, incumbent, bench, seen.results)
        incumbent = combination.chosen
        tell(CombinationFinished(combination=combination, noise=seen.noise()))
        seen.notice_a_shortage("in the combination")
    claim = _confirm(plan, incumbent, baseline, seen)
    rivals = _compare_with_rivals(plan, seen)
    return Findings(
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


class _Seen:
    """Remembers every result that the course has asked for, each trial once.

    Attributes:
        stopped: Where the budget ran out first; empty where it did not.
    """

    def __init__(self, plan: Plan, train: Train) -> None:
        self.scale = Scale.of_plan(plan)
        self.stopped = ""
        self._plan = plan
        self._train = train
        self._results: dict[object, TrialResult] = {}
        self._short = False
        self._fitted: tuple[int, Surface | None] = (0, None)

    @property
    def results(self) -> tuple[TrialResult, ...]:
        """All results, in the order in which they were asked for."""
        return tuple(self._results.values())

    def train(self, trials: Sequence[Trial]) -> list[TrialResult]:
        missing = {key_of(t): t for t in trials if key_of(t) not in self._results}
        if missing:
            fresh = self._train(list(missing.values()))
            self._results.update(zip(missing, fresh, strict=True))
        return [self._results[key_of(trial)] for trial in trials]

    def train_in_budget(self, groups: Groups) -> list[TrialResult]:
        chosen: list[Trial] = []
        for group in groups:
            new = {key_of(trial) for trial in (*chosen, *group)} - self._results.keys()
            if len(new) <= self._left():
                chosen += group
            else:
                self._short = True
        return self.train(chosen)

    def noise(self, steps: int | None = None) -> Noise | None:
        steps = steps or self._plan.steps
        alike = [result for result in self._results.values() if result.trial.steps == steps]
        return measure_noise(self._plan.weights, alike)

    def surface(self) -> Surface | None:
        if self._fitted[0] != len(self._results):
            fitted = Surface.through(self._results.values(), self.scale, self.noise())
            self._fitted = (len(self._results), fitted)
        return self._fitted[1]

    def room(self, where: str) -> bool:
        if not self._left():
            self._stop("was spent", where)
        return self._left() > 0

    def notice_a_shortage(self, where: str) -> None:
        if self._short:
            self._stop("ran short", where)

    def _stop(self, how: str, where: str) -> None:
        budget = f"the budget of {self._plan.max_trials} trials"
        self.stopped = self.stopped or f"{budget} {how} {where}"

    def _left(self) -> int:
        reserved = self._plan.confirmation_trials
        return max(0, self._plan.max_trials - reserved - len(self._results))


def key_of(trial: Trial) -> object:
    """What makes two trials the same training."""
    return weights_key(trial.weights), trial.seed, trial.steps, trial.rival


def _confirm(
    plan: Plan, incumbent: Mapping[str, float], baseline: Sequence[TrialResult], seen: _Seen
) -> Comparison | None:
    """Incumbent against baseline on seeds that nobody has used."""
    if weights_key(incumbent) == weights_key(plan.weights):
        return no_change(scores_by_seed(baseline, rejected=True), CLAIM_CONFIDENCE)
    asked = [
        Trial(weights=dict(weights), seed=seed, steps=plan.confirm_steps, role="confirmation")
        for seed in plan.confirm_seeds
        for weights in (plan.weights, incumbent)
    ]
    results = seen.train(asked)
    before, after = (scores_by_seed(part, rejected=True) for part in (results[0::2], results[1::2]))
    if not before.keys() & after.keys():
        return None
    noise = seen.noise(plan.confirm_steps) if reliable(results[1::2]) else None
    return compare(before, after, noise, CLAIM_CONFIDENCE, strict=True)


def _compare_with_rivals(plan: Plan, seen: _Seen) -> tuple[RivalResult, ...]:
    """The start weights against what one would get otherwise, on the seeds of the claim."""
    if not plan.rivals:
        return ()

    def trials(weights: Mapping[str, float], role: Role, rival: str = "") -> list[Trial]:
        return [
            Trial(
                weights=dict(weights), seed=seed, steps=plan.confirm_steps, role=role, rival=rival
            )
            for seed in plan.confirm_seeds
        ]

    asked = [trials(plan.weights, "confirmation")]
    asked += [trials(rival.weights, "rival", rival.name) for rival in plan.rivals]
    results = iter(seen.train([trial for each in asked for trial in each]))
    by_seed = [
        scores_by_seed(islice(results, len(plan.confirm_seeds)), rejected=True) for _ in asked
    ]
    noise = seen.noise(plan.confirm_steps)
    return tuple(
        RivalResult(
            name=rival.name,
            comparison=compare(by_seed[0], after, noise, CLAIM_CONFIDENCE, strict=True)
            if by_seed[0].keys() & after.keys()
            else None,
        )
        for rival, after in zip(plan.rivals, by_seed[1:], strict=True)
    )


def _refuse_a_baseline_that_diverges(baseline: Sequence[TrialResult]) -> None:
    if all(result.score is None for result in baseline):
        raise TrainerError(
            "the start weights diverged on every seed, so there is nothing to compare with: "
            f"{baseline[0].reason or 'no score'} (lower trainer.learning_rate, or start from "
            "other weights)"
        )
