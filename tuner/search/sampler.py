"""The sampler: an ordinary Optuna sampler that moves one weight at a time.

When Optuna asks for a trial, the sampler replays the procedure with the stored trials; the first
missing trial comes next. The sampler keeps no state in memory, so a study can be resumed at any
moment, in any process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from itertools import chain
from threading import Lock
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tuner.errors import TrainerError
from tuner.results import Role, Trial, TrialResult
from tuner.search.optuna_trials import REASON, asked_of, attributes_of, results_of
from tuner.search.procedure import SearchResult, Step, replay
from tuner.search.result_cache import training_key
from tuner.search.sampler_evidence import (
    PROCESS,
    failure_of,
    is_no_measurement,
    is_orphan,
    this_process,
)
from tuner.spec.objective import RepeatsSpec
from tuner.spec.plan import Plan, make_plan
from tuner.spec.stage import StageSpec
from tuner.spec.study import BudgetSpec, StudySpec

_ASKING = Lock()
"""Threads of `study.optimize(n_jobs=...)` take turns, or two would train the same trial."""


LIKELY_BEST = 2
"""Values of a stage that idle workers repeat before the decision."""


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

    _latest: tuple[object, tuple[Trial, ...]] | None = None
    """The latest missing trials; Optuna often asks twice in a row."""

    _own: frozenset[int] = frozenset()
    """Numbers of the trials that this sampler asked for."""

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
        return self._replay(study).result

    def missing(self, study: Study) -> tuple[Trial, ...]:
        """The trials that can be trained now, those that are running included.

        Raises:
            TrainerError: The start weights diverged on every seed.
        """
        return self._replay(study).missing

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
            _write_down(study, trial, attributes)
            return
        with _ASKING:
            asked = self._next(study, trial).model_copy(update={"number": trial.number})
            self._own |= {trial.number}
            _write_down(study, trial, {PROCESS: this_process(), **attributes_of(asked)})

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
        asked = asked_of(study._storage.get_trial(trial._trial_id))  # noqa: SLF001
        weights = self.plan.weights if asked is None else asked.weights
        if param_name not in weights:
            raise TrainerError(
                f"the objective suggests '{param_name}', but the sampler was given "
                f"{', '.join(sorted(weights))}"
            )
        value = float(weights[param_name])
        if not _holds(param_distribution, value):
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
                _write_down(study, trial, {REASON: reason})
        if not study._thread_local.in_optimize_loop:  # noqa: SLF001 - stop() is refused outside
            return
        stored = study.get_trials(deepcopy=False)
        ended = [_ended(t, state, values) if t.number == trial.number else t for t in stored]
        with suppress(TrainerError):
            if replay(self.plan, results_of(ended, study.direction)).missing:
                return
        study.stop()

    def _replay(self, study: Study) -> Step:
        return replay(self.plan, results_of(study.get_trials(deepcopy=False), study.direction))

    def _next(self, study: Study, trial: FrozenTrial) -> Trial:
        stored = study.get_trials(deepcopy=False)
        valid = [one for one in stored if not is_no_measurement(one) and not is_orphan(one)]
        taken = _keys(valid)
        own = _keys(one for one in valid if one.number in self._own or one.state.is_finished())
        pending = self._pending(study, stored)
        wanted = chain(pending, self.ahead(pending, stored, study.direction))
        # At last what others train: the process that began it may have been killed.
        again = (asked for asked in pending if training_key(asked) not in own)
        seed = self.plan.confirm_seeds[-1] + 1 + trial.number
        unused = self._start_on(seed, self.plan.steps, "baseline")
        fresh = (asked for asked in wanted if training_key(asked) not in taken)
        return next(chain(fresh, again), unused)

    def _pending(self, study: Study, stored: Sequence[FrozenTrial]) -> tuple[Trial, ...]:
        """What is missing, looked up again only after another trial has ended."""
        ended = sum(trial.state.is_finished() for trial in stored)
        state = (study._storage, study._study_id, ended)  # noqa: SLF001 - no public form
        if self._latest is None or self._latest[0] != state:
            self._latest = state, self.missing(study)
        return self._latest[1]

    def ahead(
        self, pending: Sequence[Trial], stored: Sequence[FrozenTrial], direction: StudyDirection
    ) -> Iterator[Trial]:
        """Trials that are likely to be needed next, for idle workers.

        The start weights are needed on every fresh seed in any case. One value of a stage will be
        compared with the incumbent on the deciding seeds, most likely one that is good so far.
        """
        for seed in self.plan.confirm_seeds:
            yield self._start_on(seed, self.plan.confirm_steps, "confirmation")
        if not pending:
            return
        best = _candidates(results_of(stored, direction), pending[0].stage)
        for one in (*best, *pending):
            for seed in self.plan.decide_seeds:
                yield one.model_copy(update={"seed": seed, "role": "repeat", "number": -1})

    def _start_on(self, seed: int, steps: int, role: Role) -> Trial:
        return Trial(weights=self.plan.weights, seed=seed, steps=steps, role=role)


def _candidates(results: Sequence[TrialResult], stage: int) -> list[Trial]:
    """The best values of a stage so far."""
    tried = [r for r in results if r.trial.role == "candidate" and r.trial.stage == stage]
    best = sorted((r.score, r.trial.number) for r in tried if r.score is not None)[:LIKELY_BEST]
    return [r.trial for _, number in best for r in tried if r.trial.number == number]


def _keys(stored: Iterable[FrozenTrial]) -> set[object]:
    return {training_key(asked) for one in stored if (asked := asked_of(one)) is not None}


def _write_down(study: Study, trial: FrozenTrial, attributes: Mapping[str, Any]) -> None:
    """Writes attributes where they are kept, and into the copy that the objective will see."""
    for name, value in attributes.items():
        trial.set_user_attr(name, value)
        study._storage.set_trial_user_attr(trial._trial_id, name, value)  # noqa: SLF001 - Optuna's own way


def _holds(distribution: BaseDistribution, value: float) -> bool:
    try:
        return distribution._contains(distribution.to_internal_repr(value))  # noqa: SLF001 - no public form
    except ValueError:  # not among the choices of a categorical distribution
        return False


def _ended(trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> FrozenTrial:
    ended = copy(trial)
    ended.state, ended.values = state, values
    return ended
