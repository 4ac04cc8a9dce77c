"""Chooses what `study.optimize` trains next, where processes may share the study."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from optuna import Study
from optuna.trial import FrozenTrial

from tuner.results import Trial
from tuner.search.judged_stages import JudgedStages
from tuner.search.optuna_private import identity_of
from tuner.search.procedure import Step, replay
from tuner.search.result_cache import training_key
from tuner.search.sampler_evidence import is_orphan
from tuner.search.stored_trials import StoredTrials
from tuner.search.trials_ahead import start_on, trials_ahead
from tuner.spec.plan import Plan


@dataclass
class _Followed:
    """What is remembered of one study, so that a trial costs as much after 1,000 as after 10.

    Attributes:
        missing: What the procedure waits for, by key.
        latest: The step that it waits in; None before the first one.
    """

    study: object
    trials: StoredTrials
    judged: JudgedStages = field(default_factory=JudgedStages)
    missing: dict[object, Trial] = field(default_factory=dict)
    latest: Step | None = None

    def step(self, plan: Plan, stored: Sequence[FrozenTrial]) -> Step:
        """Follows the procedure again if all that it waits for has ended, or a result changed."""
        known = self.trials.replaced
        for key in self.trials.read(stored):
            self.missing.pop(key, None)
        waits = self.latest is not None and (self.missing or self.latest.result is not None)
        if not waits or self.trials.replaced != known:
            self.latest = None  # where the procedure raises, it does so at the next call, too
            self.latest = replay(plan, self.trials.results(), self.judged)
            self.missing = {training_key(one): one for one in self.latest.missing}
        assert self.latest is not None
        return replace(self.latest, missing=tuple(self.missing.values()))


class NextTrial:
    """What is missing, then what will probably be needed, then what others may have left.

    Args:
        plan: What will be tried.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._own = frozenset[int]()  # the trials that were chosen here
        self._followed: _Followed | None = None

    def choose(self, study: Study, trial: FrozenTrial) -> Trial:
        """What a trial of Optuna trains; the call is remembered."""
        self.step(study, study.get_trials(deepcopy=False))
        asked = next(self._wanted(self._of(study), trial.number))
        self._own |= {trial.number}
        return asked.model_copy(update={"number": trial.number})

    def step(self, study: Study, stored: Sequence[FrozenTrial]) -> Step:
        """Where the procedure stands.

        Args:
            stored: All trials of the study, in the order of their numbers.

        Raises:
            TrainerError: The start weights diverged on every seed.
        """
        return self._of(study).step(self._plan, stored)

    def _of(self, study: Study) -> _Followed:
        identity = identity_of(study)
        if self._followed is None or self._followed.study != identity:
            self._followed = _Followed(identity, StoredTrials(study.direction))
        return self._followed

    def _wanted(self, followed: _Followed, number: int) -> Iterator[Trial]:
        """What may be trained as the trial with a number, the most useful one first."""
        trials, missing = followed.trials, followed.missing
        running = [one for one in trials.unfinished() if not is_orphan(one.frozen)]
        taken = {one.key for one in running}
        own = {one.key for one in running if one.frozen.number in self._own}
        yield from (asked for key, asked in missing.items() if key not in taken)
        for asked in trials_ahead(self._plan, tuple(missing.values()), trials.results):
            if training_key(asked) not in trials.found and training_key(asked) not in taken:
                yield asked
        # At last what others train: the process that began it may have been killed.
        yield from (asked for key, asked in missing.items() if key not in own)
        seed = self._plan.confirm_seeds[0] + self._plan.looks[-1] + number
        yield start_on(self._plan, seed, self._plan.steps, "baseline")
