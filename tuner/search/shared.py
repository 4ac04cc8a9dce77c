"""The trials of a study that many workers ask for: Optuna, in a database.

Whoever asks follows the course through the trials that are stored, takes what is missing and in
nobody's hands, and leaves the rest alone. A trial whose worker died keeps its number and its
seed; it is taken up by another one.
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
from tuner.search.storage import close_storage, open_storage
from tuner.search.stored import Pending, asked_of, attributes_of, look_up
from tuner.search.telling import tell


@dataclass(frozen=True, slots=True)
class Hand:
    """What a worker takes trials with.

    Attributes:
        taken: Numbers of trials that are in somebody's living hands.
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
    SQLAlchemy raises.

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

    def take(self, hand: Hand, known: Mapping[int, TrialResult], *, ahead: bool) -> list[Taken]:
        """Takes trials for this worker; others must not do the same meanwhile.

        Args:
            known: Results by number that are in the journal, which Optuna may not know yet.
            ahead: Whether to take one that is only likely to be needed, where nothing else is
                free.
        """
        with _plainly():
            stored = self._told(known, hand.taken)
            running = [one for one in stored if one.state == TrialState.RUNNING]
            left = [a for one in running if one.number not in hand.taken and (a := asked_of(one))]
            missing, likely = self.sampler.free(self.study)
            most = hand.at_most(len(left) + len(missing))
            begun, fresh = left[:most], missing[: max(0, most - len(left))]
            if ahead and not begun and not fresh:
                fresh = likely[:1]
            taken = [Taken(asked, hand.hold(asked.number)) for asked in begun]
            return [*taken, *self._open(fresh, len(stored), hand)]

    def follow(self, tell_news: Tell) -> Findings | None:
        """The findings; None while trials are missing.

        Args:
            tell_news: Is told what is judged on the way, again each time.

        Raises:
            TrainerError: The start weights diverged on every seed.
        """
        with _plainly():
            stored = self.study.get_trials(deepcopy=False)
        try:
            return follow(self.plan, look_up(stored, self.study.direction), tell_news)
        except Pending:
            return None

    def tell(self, result: TrialResult) -> None:
        """Writes down how a trial ended; the first telling counts."""
        with _plainly():
            self._tell(self.study.get_trials(deepcopy=False)[result.trial.number], result)

    def prune(
        self, contenders: Sequence[Contender], known: Sequence[TrialResult]
    ) -> Mapping[int, str]:
        """Which of the trials that are trained together leave, by number, with the reason."""
        return clearly_behind(contenders, known, self.plan.weights) if self.plan.prune else {}

    def _told(self, known: Mapping[int, TrialResult], taken: Collection[int]) -> list[FrozenTrial]:
        """All trials, once Optuna knows what those knew whose hands are empty now."""
        stored = self.study.get_trials(deepcopy=False)
        running = [one for one in stored if not one.state.is_finished()]
        untold = [one for one in running if one.number in known and one.number not in taken]
        for one in untold:
            self._tell(one, known[one.number])
        return self.study.get_trials(deepcopy=False) if untold else stored

    def _tell(self, stored: FrozenTrial, result: TrialResult) -> None:
        opened = optuna.trial.Trial(self.study, stored._trial_id)  # noqa: SLF001 - no public form
        tell(self.study, opened, result)

    def _open(self, fresh: Sequence[Trial], stored: int, hand: Hand) -> Iterator[Taken]:
        """Trials that nobody has begun.

        Each is written as a whole or not at all, under the number that comes next.
        """
        distributions = self.sampler.distributions()
        for number, wanted in enumerate(fresh, stored):
            asked = wanted.model_copy(update={"number": number})
            self.study.add_trial(
                create_trial(
                    state=TrialState.RUNNING,
                    params=dict(asked.weights),
                    distributions=dict(distributions),
                    user_attrs=attributes_of(asked),
                )
            )
            yield Taken(asked, hand.hold(number))


@contextmanager
def _plainly() -> Iterator[None]:
    """Raises what went wrong in the database, without Optuna's wrapping."""
    try:
        yield
    except StorageInternalError as error:
        if isinstance(error.__cause__, SQLAlchemyError):
            raise error.__cause__ from None
        raise
