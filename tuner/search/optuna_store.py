"""Where the trials of a study are kept: Optuna, in memory or in a database.

The journal is the truth; Optuna has a copy of every trial, for its samplers and dashboards. A
trial that a killed process left behind is taken up again under its own number, so every trial
that was planned is there once, also after crashes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import optuna
from optuna.trial import TrialState, create_trial

from tuner.results import Trial, TrialResult
from tuner.results.progress import Say
from tuner.search.optuna_database import refusing
from tuner.search.optuna_repair import JournalTrials, open_study_as_in
from tuner.search.optuna_tell import tell
from tuner.search.optuna_trials import (
    add_trial,
    as_open,
    as_stored,
    asked_of,
    attributes_of,
    stored_trial,
)
from tuner.search.procedure import Step
from tuner.search.result_cache import training_key
from tuner.search.sampler import OneWeightAtATimeSampler
from tuner.search.trials_ahead import surest_ahead
from tuner.spec.plan import Plan

Outcome = TypeVar("Outcome")

Choose = Callable[[Sequence[Trial], Iterable[Trial]], Sequence[Trial]]
"""Chooses, for trials that are asked for, likely ones that are trained beside them."""


class TrialStore:
    """The trials of one study, in Optuna.

    Args:
        plan: What will be tried.
        url: A database, such as `sqlite:///tuner.db`; None keeps the trials in memory.
        begun: Trials by number that the journal has, whether they ended or not.
        results: Results by number that the journal has. Results that Optuna does not have are
            written from there.
        make_ready: Called before trials are written, so that a study that cannot be trained is
            refused before it leaves a trace.
        say: Is told where the database was damaged.
        choose: Which of the likely trials to train beside those that are asked for.

    Raises:
        StudyChanged: The database has results that the journal lacks.
        StorageError: The database cannot be opened or written.
    """

    def __init__(
        self,
        plan: Plan,
        url: str | None = None,
        begun: Mapping[int, Trial] | None = None,
        results: Mapping[int, TrialResult] | None = None,
        make_ready: Callable[[], object] = lambda: None,
        say: Say = lambda _sentence: None,
        choose: Choose = lambda _asked, _likely: (),
    ) -> None:
        self._plan = plan
        self._step = Step((), (), None, ())
        self._make_ready, self._choose = make_ready, choose
        ended = (result.trial for result in (results or {}).values())
        self._taken = {training_key(one) for one in (*(begun or {}).values(), *ended)}
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._distributions = OneWeightAtATimeSampler.of_plan(plan).distributions()
        self._url = url
        journal = JournalTrials(begun or {}, results or {})
        self.study = open_study_as_in(journal, url, plan.study, say)
        with refusing(url):
            self._add_what_was_lost(begun or {}, results or {})
            self._left_behind, self._blank = self._take_up(results or {})

    def in_turn(self, work: Callable[[], Outcome]) -> Outcome:
        """Works; no other process runs this study."""
        return work()

    def open(self, step: Step) -> None:
        """Offers all missing trials."""
        self._step = step

    @contextmanager
    def take(self) -> Iterator[list[Trial]]:
        """All missing trials with their numbers, written down before they are trained.

        Beside them come trials that were begun ahead of being asked for, and new ones where cores
        would idle; in a round that a killed process had begun they were chosen before.
        """
        self._make_ready()
        missing = self._step.missing
        asked = {training_key(trial) for trial in missing}
        begun = [one for key, one in self._left_behind.items() if one.ahead and key not in asked]
        is_new = bool(asked) and not asked & self._left_behind.keys()
        likely = self._choose(missing, self._likely(asked)) if is_new else ()
        with refusing(self._url):
            taken = [self._open(trial) for trial in (*missing, *begun, *likely)]
        yield taken

    def _likely(self, asked: Collection[object]) -> Iterator[Trial]:
        """Trials that nobody has begun and that are likely to be needed, each once."""
        seen = {*asked, *self._taken}
        for trial in surest_ahead(self._plan, self._step):
            key = training_key(trial)
            if key not in seen:
                seen.add(key)
                yield trial

    def tell(self, results: Sequence[TrialResult]) -> None:
        """Writes how trials ended; writing it again changes nothing."""
        with refusing(self._url):
            for result in results:
                tell(self.study, stored_trial(self.study, result.trial.number), result)

    def _open(self, wanted: Trial) -> Trial:
        self._taken.add(training_key(wanted))
        before = self._left_behind.pop(training_key(wanted), None)
        number = before.number if before else None
        if number is None and self._blank:
            number = self._blank.pop(0)
            self._fill(number, wanted)
        elif number is None:
            number = add_trial(self.study, as_open(wanted, TrialState.RUNNING, self._distributions))
        return wanted.model_copy(update={"number": number})

    def _fill(self, number: int, wanted: Trial) -> None:
        """Writes a trial down under a number that an earlier run had begun to use."""
        opened = stored_trial(self.study, number)
        for name, distribution in self._distributions.items():
            internal = distribution.to_internal_repr(wanted.weights[name])
            self.study._storage.set_trial_param(opened._trial_id, name, internal, distribution)  # noqa: SLF001 - no public form
        for name, value in attributes_of(wanted).items():
            opened.set_user_attr(name, value)

    def _add_what_was_lost(
        self, begun: Mapping[int, Trial], results: Mapping[int, TrialResult]
    ) -> None:
        """Adds trials that only the journal has, each under its number."""
        stored = len(self.study.get_trials(deepcopy=False))
        for number in range(stored, max([*begun, *results], default=-1) + 1):
            if number in results:
                added = as_stored(results[number], self._distributions)
            elif number in begun:
                added = as_open(begun[number], TrialState.RUNNING, self._distributions)
            else:
                added = create_trial(state=TrialState.RUNNING)
            add_trial(self.study, added)

    def _take_up(self, results: Mapping[int, TrialResult]) -> tuple[dict[object, Trial], list[int]]:
        """What a killed process left running: trials by their training, and blank numbers."""
        left_behind, blank = {}, []
        for stored in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            asked = asked_of(stored)
            if stored.number in results:
                tell(self.study, stored_trial(self.study, stored.number), results[stored.number])
            elif asked is not None:
                left_behind[training_key(asked)] = asked
            elif "fixed_params" not in stored.system_attrs:  # which others have enqueued
                blank.append(stored.number)
        return left_behind, blank
