"""The sampler: an ordinary Optuna sampler that moves one weight at a time.

When Optuna asks for a trial, the sampler replays the procedure with the stored trials; the first
missing trial comes next. All that it keeps in memory can be read from these trials again, so a
study can be resumed at any moment, in any process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import copy
from functools import cached_property
from threading import Lock
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from tuner.errors import TrainerError
from tuner.results import Trial
from tuner.search.next_trial import NextTrial
from tuner.search.optuna_private import asked_now, can_be_stopped, holds, write_down
from tuner.search.optuna_trials import REASON, asked_of, attributes_of
from tuner.search.procedure import SearchResult, Step
from tuner.search.sampler_evidence import PROCESS, failure_of, this_process
from tuner.spec.objective import RepeatsSpec
from tuner.spec.plan import Plan, make_plan
from tuner.spec.stage import StageSpec
from tuner.spec.study import BudgetSpec, StudySpec

_ASKING = Lock()
"""Threads of `study.optimize(n_jobs=...)` take turns, or two would train the same trial."""


class OneWeightAtATimeSampler(BaseSampler):
    """Proposes trials that move one weight at a time, as an expert does by hand.

    The baseline is trained first, on several seeds; then each stage varies one weight and
    carries its winner into the next; a few trials combine what the stages learned; at the end
    the winner meets the baseline on fresh seeds. After the last trial the sampler stops the
    study. The seed of a trial is its user attribute `seed`; the objective has to honor it, or
    noise cannot be separated from effect.

    A trial whose value is not finite, or whose objective raised, counts as diverged. A trial
    that was interrupted by Ctrl-C, whose process was killed, or that ran out of memory, is asked
    for again, the last up to three times. A trial that you enqueue keeps your values; what it
    leaves open is as in the start weights, and the procedure ignores it.

    Args:
        start: The weights you train with today.
        stages: In this order, one weight each: `vary` and `values`, or `min`, `max` and
            `step`, or `times`; as in a study file.
        repeats: Seeds of `baseline`, `decide` and `confirm`; as in a study file.
        bounds: Lowest and highest value of a weight, where it matters; as in a study file.
        cycles: How often the stages are gone through, in narrower steps each time after the first.
        combination: How many trials may move several weights at once after the stages.
        seed: Moves all seeds.
        max_trials: Where the study has to stop.

    Raises:
        pydantic.ValidationError: A stage that cannot be understood.
        StudyFileError: Stages that contradict the weights or the bounds; repeats or a budget
            that leave nothing to find.

    Example:
        A function in place of a training; its best ratio of the weights is 40.

        >>> import optuna
        >>> from tuner import OneWeightAtATimeSampler
        >>> def objective(trial):
        ...     l1 = trial.suggest_float("l1", 1.0, 1000.0)
        ...     gan = trial.suggest_float("gan", 0.01, 100.0)
        ...     noise = 0.001 * trial.user_attrs["seed"]  # a training would set its seed
        ...     return abs(l1 / gan - 40.0) / 100.0 + noise
        >>> sampler = OneWeightAtATimeSampler(
        ...     {"l1": 100.0, "gan": 1.0},
        ...     [{"vary": "l1", "times": [0.4, 2.5]}],
        ...     combination=0,
        ... )
        >>> study = optuna.create_study(sampler=sampler)
        >>> study.optimize(objective)  # stops by itself
        >>> found = sampler.findings(study)
        >>> found.best["l1"], found.confirmation.verdict
        (40.0, 'better')
    """

    def __init__(
        self,
        start: Mapping[str, float],
        stages: Sequence[Mapping[str, Any]],
        *,
        repeats: Mapping[str, int] | None = None,
        bounds: Mapping[str, tuple[float, float]] | None = None,
        cycles: int = 1,
        combination: int = 6,
        seed: int = 0,
        max_trials: int = 1000,
    ) -> None:
        self.plan = make_plan(
            StudySpec(
                study="optuna",
                weights=dict(start),
                stages=tuple(StageSpec(**stage) for stage in stages),
                repeats=RepeatsSpec(**(repeats or {})),
                bounds=dict(bounds or {}),
                cycles=cycles,
                combination=combination,
                seed=seed,
                budget=BudgetSpec(max_trials=max_trials),
            )
        )

    @cached_property
    def _next_trial(self) -> NextTrial:
        return NextTrial(self.plan)

    @classmethod
    def of_plan(cls, plan: Plan) -> OneWeightAtATimeSampler:
        """The sampler of a plan that was made already."""
        sampler = cls.__new__(cls)
        sampler.plan = plan
        return sampler

    def distributions(self) -> dict[str, FloatDistribution]:
        """What every trial suggests: all weights, with the same range throughout."""
        ends = {name: [*pair] for name, pair in self.plan.bounds.items()}
        for rival in self.plan.rivals:  # which keep to no bounds
            for name, value in rival.weights.items():
                ends[name].append(value)
        return {
            name: FloatDistribution(min(values), max(values), log=min(values) > 0)
            for name, values in ends.items()
        }

    def findings(self, study: Study) -> SearchResult | None:
        """What the study found; None while trials are missing.

        Raises:
            TrainerError: The start weights diverged on every seed.
        """
        return self._step(study).result

    def missing(self, study: Study) -> tuple[Trial, ...]:
        """The trials that can be trained now, those that are running included.

        Raises:
            TrainerError: The start weights diverged on every seed.
        """
        return self._step(study).missing

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Nothing is sampled jointly; see `sample_independent`."""
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Nothing is sampled jointly; see `sample_independent`."""
        return {}

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Decides what this trial trains, and writes it down with the trial."""
        if asked_of(trial) is not None:
            return
        if "fixed_params" in trial.system_attrs:
            attributes = {"seed": self.plan.decide_seeds[0], **trial.user_attrs}
            write_down(study, trial, attributes)
            return
        with _ASKING:
            asked = self._next_trial.choose(study, trial)
            write_down(study, trial, {PROCESS: this_process(), **attributes_of(asked)})

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> float:
        """The weight as the trial has it.

        Raises:
            TrainerError: The objective suggests a weight that the sampler was not given, or
                a range that does not hold the value.
        """
        asked = asked_now(study, trial)
        weights = self.plan.weights if asked is None else asked.weights
        if param_name not in weights:
            raise TrainerError(
                f"the objective suggests '{param_name}', but the sampler was given "
                f"{', '.join(sorted(weights))}"
            )
        value = float(weights[param_name])
        if not holds(param_distribution, value):
            raise TrainerError(
                f"the objective suggests '{param_name}' from {param_distribution}, which does "
                f"not hold the value to try, {value:g} (widen it, or give the sampler bounds)"
            )
        return value

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Stops `study.optimize` after the last trial.

        It also stops where nothing can be found, since the start weights diverged on every
        seed; `findings` raises that. Optuna does not expect an error here.
        """
        if state == TrialState.FAIL:
            reason = failure_of(trial, study.get_trials(deepcopy=False))
            if reason:
                write_down(study, trial, {REASON: reason})
        if not can_be_stopped(study):
            return
        with suppress(TrainerError), _ASKING:
            stored = study.get_trials(deepcopy=False)
            ended = [_ended(t, state, values) if t.number == trial.number else t for t in stored]
            if self._next_trial.step(study, ended).missing:
                return
        study.stop()

    def _step(self, study: Study) -> Step:
        with _ASKING:
            return self._next_trial.step(study, study.get_trials(deepcopy=False))


def _ended(trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> FrozenTrial:
    ended = copy(trial)
    ended.state, ended.values = state, values
    return ended
