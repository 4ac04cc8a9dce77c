"""The results that the procedure has used, with the noise and the surface of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

from tuner.results import GuardrailCheck, Noise, Trial, TrialResult
from tuner.results.statistics import measure_noise, weights_key
from tuner.search.context import Groups
from tuner.search.guardrails import GuardedTrainings
from tuner.search.noise_field import NoiseField
from tuner.search.scale import Scale
from tuner.search.surface import Surface
from tuner.search.surface_fit import fit_surface
from tuner.spec.plan import Plan

Train = Callable[[Sequence[Trial]], list[TrialResult]]
"""Trains trials that have no result yet; returns a result for each trial, in order."""


class Pending(Exception):
    """The procedure needs trials that have no result yet."""

    def __init__(self, trials: Sequence[Trial]) -> None:
        super().__init__(f"{len(trials)} trials have no result yet")
        self.trials = tuple(trials)


class ResultCache:
    """Keeps every result that the procedure uses, each trial once.

    Args:
        known: Results from before the study went on; they do not count in the budget.

    Attributes:
        stopped: Where the budget was first too small; empty where it was sufficient.
    """

    def __init__(self, plan: Plan, train: Train, known: Iterable[TrialResult] = ()) -> None:
        self.scale = Scale.of_plan(plan)
        self.stopped = ""
        self._plan = plan
        self._train = train
        self._results = {training_key(result.trial): result for result in known}
        self._before = len(self._results)
        self._short = False
        self._fitted: tuple[int, Surface | None] = (0, None)
        self._guarded = (0, GuardedTrainings(plan, ()))
        self._pooled: dict[int, tuple[int, list[TrialResult], Noise | None]] = {}

    @property
    def results(self) -> tuple[TrialResult, ...]:
        """All results, in the order in which they were used."""
        return tuple(self._results.values())

    @property
    def short(self) -> bool:
        """Whether the budget was too small for a group by now."""
        return self._short

    def used_since(self, count: int) -> tuple[TrialResult, ...]:
        """The results that were used after the first `count` ones."""
        return tuple(islice(self._results.values(), count, None))

    def train(self, trials: Sequence[Trial]) -> list[TrialResult]:
        """Results of trials, in order; trials without a result are trained."""
        missing = {training_key(t): t for t in trials if training_key(t) not in self._results}
        if missing:
            fresh = self._train(list(missing.values()))
            self._results.update(zip(missing, fresh, strict=True))
        return [self._results[training_key(trial)] for trial in trials]

    def use_again(self, results: Sequence[TrialResult]) -> bool:
        """Marks results as used if they are still the very same; whether they are."""
        now = self._train([result.trial for result in results])
        same = all(one is other for one, other in zip(now, results, strict=True))
        if same:
            self._results.update((training_key(result.trial), result) for result in results)
        return same

    def train_in_budget(self, groups: Groups) -> list[TrialResult]:
        """Results of as many whole groups as the budget allows."""
        chosen: list[Trial] = []
        new: set[object] = set()
        left = self._left()
        for group in groups:
            more = {training_key(trial) for trial in group} - self._results.keys() - new
            if len(new) + len(more) <= left:
                chosen += group
                new |= more
            else:
                self._short = True
        return self.train(chosen)

    def of_length(self, steps: int) -> Sequence[TrialResult]:
        """All results of trainings of a length."""
        return self._pool(steps)[0]

    def noise(self, *weights: Mapping[str, float], steps: int | None = None) -> Noise | None:
        """The noise of one training.

        Args:
            weights: Takes trainings with these weights; all by default.
            steps: Takes trainings of this length; that of the stages by default.
        """
        alike, pool = self._pool(steps or self._plan.steps)
        if pool is None or not weights:
            return pool
        return NoiseField.through(alike, self.scale, pool).between(*weights)

    def surface(self) -> Surface | None:
        """The surface through all trials of the stages' length."""
        if self._fitted[0] != len(self._results):
            alike, noise = self._pool(self._plan.steps)
            fitted = fit_surface(alike, self.scale, noise, self._plan.learned)
            self._fitted = (len(self._results), fitted)
        return self._fitted[1]

    def broken(self, weights: Mapping[str, float]) -> tuple[GuardrailCheck, ...]:
        """The guardrails that weights break, by the trainings of the stages' length."""
        if not self._plan.guardrails:
            return ()
        if self._guarded[0] != len(self._results):
            alike = self.of_length(self._plan.steps)
            self._guarded = (len(self._results), GuardedTrainings(self._plan, alike))
        return self._guarded[1].broken(weights)

    def _pool(self, steps: int) -> tuple[list[TrialResult], Noise | None]:
        """Results of trainings of a length, and their noise; looked up once between trainings."""
        count, alike, pool = self._pooled.get(steps, (0, [], None))
        if count != len(self._results):
            count = len(self._results)
            alike = [result for result in self._results.values() if result.trial.steps == steps]
            pool = measure_noise(self._plan.weights, alike)
            self._pooled[steps] = count, alike, pool
        return alike, pool

    def has_budget(self, where: str) -> bool:
        """Whether the budget allows any further trial; else records the place."""
        if not self._left():
            self._stop("was spent", where)
        return self._left() > 0

    def affords(self, trials: int) -> bool:
        """Whether the budget reaches for these trials, and nothing after them."""
        return self._trained + trials <= self._plan.max_trials

    def record_shortage(self, where: str) -> None:
        """Records a place where the budget was too small."""
        if self._short:
            self._stop("ran short", where)

    def _stop(self, how: str, where: str) -> None:
        budget = f"the budget of {self._plan.max_trials} trials"
        self.stopped = self.stopped or f"{budget} {how} {where}"

    def _left(self) -> int:
        return max(0, self._plan.max_trials - self._plan.reserved_trials - self._trained)

    @property
    def _trained(self) -> int:
        return len(self._results) - self._before


def look_up(results: Iterable[TrialResult]) -> Train:
    """A function that replaces training: it returns the results that exist.

    When it is called, it raises `Pending` with the trials that have none.
    """
    found = {training_key(result.trial): result for result in results}

    def train(trials: Sequence[Trial]) -> list[TrialResult]:
        missing = [trial for trial in trials if training_key(trial) not in found]
        if missing:
            raise Pending(missing)
        return [found[training_key(trial)] for trial in trials]

    return train


def training_key(trial: Trial) -> object:
    """The key that trials of the same training have in common."""
    return weights_key(trial.weights), trial.seed, trial.steps, trial.rival
