"""The trials of a study that many workers ask for: Optuna, in a database.

Whoever has finished a trial follows the course through all that are stored and opens those that
are missing next; whoever has nothing to do takes an open one that is in nobody's hands. A trial
whose worker died keeps its number and its seed; it is taken up by another one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import optuna
from optuna.exceptions import StorageInternalError
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy.exc import SQLAlchemyError

from tuner.plan import Plan
from tuner.results import Contender, Trial, TrialResult
from tuner.search.course import Findings, Tell, follow
from tuner.search.pruning import clearly_behind
from tuner.search.sampler import OneWeightAtATimeSampler
from tuner.search.seen import key_of
from tuner.search.storage import close_storage, open_storage
from tuner.search.stored import Pending, asked_of, attributes_of, look_up
from tuner.search.telling import tell


@dataclass(frozen=True, slots=True)
class Hand:
    """What a worker takes trials with.

    Attributes:
        taken: Numbers of trials that are in others' living hands.
        at_most: How many to take at once, of so many that are free.
        hold: Claims a trial by its number; tells how often a worker has died with it.
    """

    taken: Collection[int]
    at_most: Callable[[int], int]
    hold: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Taken:
    """A trial that is this worker's to train.

    Attributes:
        deaths: How often a worker has died with it.
    """

    trial: Trial
    deaths: int


class SharedTrials:
    """The trials of one study.

    All methods may be called again where the database went away meanwhile; they raise what
    SQLAlchemy raises. Where it says so, others must not do the same meanwhile.

    Args:
        plan: What will be tried.
        url: A database that has Optuna's tables.
    """

    def __init__(self, plan: Plan, url: str) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.plan = plan
        self.sampler = OneWeightAtATimeSampler.of_plan(plan)
        with _plainly():
            self._storage = open_storage(url)
            self.study = optuna.create_study(
                storage=self._storage,
                study_name=plan.study,
                sampler=self.sampler,
                direction="minimize",
                load_if_exists=True,
            )

    def close(self) -> None:
        """Closes its connections to the database."""
        close_storage(self._storage)

    def follow(self, tell_news: Tell) -> Findings | None:
        """Follows the course as far as there are results, and opens what is missing then.

        Others must not do the same meanwhile.

        Args:
            tell_news: Is told what is judged on the way, again each time.

        Returns:
            The findings; None while trials are missing.

        Raises:
            TrainerError: The start weights diverged on every seed.
        """
        with _plainly():
            stored = self.study.get_trials(deepcopy=False)
        try:
            return follow(self.plan, look_up(stored, self.study.direction), tell_news)
        except Pending as pending:
            there = {key_of(asked) for one in stored if (asked := asked_of(one)) is not None}
            missing = [asked for asked in pending.trials if key_of(asked) not in there]
            with _plainly():
                self._open(missing, len(stored))
            return None

    def take(self, hand: Hand) -> list[Taken]:
        """Takes open trials for this worker; others must not do the same meanwhile."""
        with _plainly():
            free = [one for one in self._unfinished() if one.number not in hand.taken]
            return [self._take(one, hand) for one in free[: hand.at_most(len(free))]]

    def take_ahead(self, hand: Hand) -> list[Taken]:
        """Takes a trial that is only likely to be needed; others must not do so meanwhile."""
        with _plainly():
            _, likely = self.sampler.free(self.study)
            if not likely:
                return []
            number = len(self.study.get_trials(deepcopy=False))
            self._open(likely[:1], number)
            return [self._take(one, hand) for one in self._unfinished() if one.number == number]

    def tell(self, result: TrialResult) -> None:
        """Writes down how a trial ended; the first telling counts."""
        with _plainly():
            stored = self.study.get_trials(deepcopy=False)[result.trial.number]
            tell(self.study, optuna.trial.Trial(self.study, stored._trial_id), result)  # noqa: SLF001 - no public form

    def prune(
        self, contenders: Sequence[Contender], known: Sequence[TrialResult]
    ) -> Mapping[int, str]:
        """Which of the trials that are trained together leave, by number, with the reason."""
        return clearly_behind(contenders, known, self.plan.weights) if self.plan.prune else {}

    def _unfinished(self) -> list[FrozenTrial]:
        stored = self.study.get_trials(deepcopy=False)
        return [one for one in stored if not one.state.is_finished() and asked_of(one)]

    def _open(self, missing: Sequence[Trial], number: int) -> None:
        """Writes trials down, each as a whole or not at all, under the numbers that come next."""
        for one in missing:
            asked = one.model_copy(update={"number": number})
            self.study.add_trial(
                create_trial(
                    state=TrialState.WAITING,
                    params=dict(asked.weights),
                    distributions=dict(self.sampler.distributions()),
                    user_attrs=attributes_of(asked),
                )
            )
            number += 1

    def _take(self, one: FrozenTrial, hand: Hand) -> Taken:
        asked = asked_of(one)
        assert asked is not None, "what is open was asked for"
        deaths = hand.hold(one.number)
        if one.state == TrialState.WAITING:
            self._storage.set_trial_state_values(one._trial_id, TrialState.RUNNING)  # noqa: SLF001 - no public form
        return Taken(asked, deaths)


@contextmanager
def _plainly() -> Iterator[None]:
    """Raises what went wrong in the database, without Optuna's wrapping."""
    try:
        yield
    except StorageInternalError as error:
        if isinstance(error.__cause__, SQLAlchemyError):
            raise error.__cause__ from None
        raise
