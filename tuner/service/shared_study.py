"""One study as one worker has it.

take what is free -> train -> tell -> judge what is complete, open what is missing next
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from math import ceil

from sqlalchemy.exc import SQLAlchemyError

from tuner.errors import TunerError
from tuner.events import TrialFinished
from tuner.plan import make_plan
from tuner.results import Contender, TrialResult
from tuner.search.course import Findings
from tuner.search.shared import SharedTrials, Taken
from tuner.service.book import key_of
from tuner.service.desk import Desk, Equipment
from tuner.service.judging import Judge
from tuner.sharing.board import Standing
from tuner.sharing.claims import Claims, trial_claim
from tuner.sharing.ledger import FINISHED, Ledger, results_of
from tuner.sharing.offers import Offer, Offers
from tuner.study import StudySpec

TOGETHER = 8
"""Trials that are trained in lockstep at most; more would leave other workers without any."""

DEATHS = 3
"""So many workers may die with a trial before it is given up."""


NO_BUGS = (TunerError, SQLAlchemyError)
"""What may end a training without being its fault."""


class SharedStudy:
    """A study that was submitted, at a worker's desk."""

    def __init__(self, offer: Offer, desk: Desk) -> None:
        self.name = offer.name
        self.offer = offer
        self._desk = desk
        self._spec = _as_here(StudySpec.model_validate(offer.spec), desk.photos)
        self._plan = make_plan(self._spec)
        self._offers = Offers(desk.database)
        self._ledger = Ledger(desk.database, offer.uid, desk.roll.name)
        self._claims = Claims(desk.database, offer.uid, desk.roll)
        folder = desk.workspace.working_folder(offer.uid)
        self._judge = Judge(self._spec, self._plan, self._ledger, folder, offer.anyway)
        self._read_to = 0
        self._results: dict[int, TrialResult] = {}
        self._lines: dict[int, int] = {}
        self._news: int | None = None
        self._equipment: Equipment | None = None

    def is_as_in(self, standing: Standing) -> bool:
        """Whether it is what was submitted last under its name."""
        return (self.offer.uid, self.offer.version) == (standing.uid, standing.version)

    @property
    def keeps_checkpoints(self) -> bool:
        """Whether a training that is interrupted goes on later where it was."""
        return self._spec.trainer.kind == "builtin"

    def work(self, standing: Standing, *, ahead: bool) -> bool:
        """Trains some trials, where some are free; False where none is.

        Args:
            standing: Where the study stands.
            ahead: Whether to train what is only likely to be needed.

        Raises:
            Unfit: This worker cannot train the study.
            TrainerError: Nobody can.
        """
        if not ahead and self._is_forgotten(standing):
            self._advance()
        elif not (standing.is_likely if ahead else self._claims.free(standing.held)):
            return False
        take = self._take_ahead if ahead else self._take
        taken = self._desk.database.patiently(take)
        if not taken:
            return False
        whats = [trial_claim(one.trial.number) for one in taken]
        try:
            self._train(taken)
            self._claims.close(whats)
        except BaseException as error:
            is_a_bug = isinstance(error, Exception) and not isinstance(error, NO_BUGS)
            self._claims.hand_back(whats, died=is_a_bug)
            raise
        self._advance()
        return True

    def close(self) -> None:
        """Lets go of photos and networks."""
        if self._equipment is not None:
            self._equipment.close()
            self._equipment = None

    def _is_forgotten(self, standing: Standing) -> bool:
        """Whether conclusions are missing that were missing at the last look, too."""
        news = standing.latest if standing.latest > standing.followed else None
        forgotten = news is not None and (news == self._news or standing.followed < 0)
        self._news = news
        return forgotten

    def _advance(self) -> None:
        """Tells what can be judged by now, and opens the trials that are missing next."""
        findings = self._desk.database.patiently(self._follow)
        self._judge.draw(self._known)
        if findings is not None:
            self._judge.tell_end(findings, self._known)
            self._offers.mark(self.offer, "finished")

    def _follow(self) -> Findings | None:
        with self._claims.in_turn():
            self._read_news()
            if self._offers.followed(self.offer.uid) >= self._read_to:
                return None  # somebody else has drawn the conclusions
            course = self._trials.follow(lambda event: self._judge.tell_news(event, self._news_now))
            self._claims.open(course.unfinished)
            if course.findings is None:  # the end is followed to until it is told
                untold = [self._lines[n] for n in course.unfinished if n in self._lines]
                followed = min([self._read_to, *(line - 1 for line in untold)])
                self._offers.mark_followed(self.offer.uid, followed, course.likely)
            return course.findings

    def _take(self) -> list[Taken]:
        with self._claims.in_turn():
            free = self._claims.free(self._claims.held())
            return self._begin(free[: self._fair_share(len(free))])

    def _take_ahead(self) -> list[Taken]:
        with self._claims.in_turn():
            likely = self._offers.take_likely(self.offer.uid)
            return [] if likely is None else self._begin([self._trials.open(likely)])

    def _begin(self, numbers: Sequence[int]) -> list[Taken]:
        deaths = {number: self._claims.take(trial_claim(number)) for number in numbers}
        return self._trials.take({n: died for n, died in deaths.items() if died is not None})

    def _fair_share(self, free: int) -> int:
        """How many of the free trials to take: no more than can be trained together."""
        trainer = self._spec.trainer
        together = TOGETHER if trainer.kind == "builtin" else trainer.parallel
        together = 1 if self._desk.evaluate else together
        return min(together, ceil(free / len(self._desk.roll.hands)))

    def _train(self, taken: Sequence[Taken]) -> None:
        self._read_news()
        # Who died between the end of a trial and its telling has left a result in the journal.
        unknown = [one for one in taken if one.trial.number not in self._results]
        for one in unknown:
            if one.deaths >= DEATHS:
                self._give_up(one)
        trials = [one.trial for one in unknown if one.deaths < DEATHS]
        if trials:
            self._ready().trainer.train(trials, self._prune)
        self._read_news()
        for one in taken:
            told = self._results[one.trial.number]
            self._desk.database.patiently(partial(self._trials.tell, told))

    def _give_up(self, one: Taken) -> None:
        reason = f"{one.deaths} workers died while they trained it"
        lost = TrialResult(trial=one.trial, status="diverged", score=None, reason=reason)
        told = TrialFinished(result=lost)
        self._ledger.append([self._ledger.draft(told, key_of(told))])

    def _prune(self, contenders: Sequence[Contender]) -> Mapping[int, str]:
        return self._trials.prune(contenders, self._known)

    def _read_news(self) -> None:
        lines = self._ledger.read(self._read_to, [FINISHED])
        results = list(results_of(lines))
        for result in results:
            self._results[result.trial.number] = result
        self._lines |= {r.trial.number: line.number for r, line in zip(results, lines, strict=True)}
        self._read_to = max([self._read_to, *(line.number for line in lines)])

    def _news_now(self) -> tuple[TrialResult, ...]:
        self._read_news()
        return self._known

    @property
    def _known(self) -> tuple[TrialResult, ...]:
        return tuple(self._results[number] for number in sorted(self._results))

    @cached_property
    def _trials(self) -> SharedTrials:
        desk = self._desk
        return desk.database.patiently(lambda: SharedTrials(self._plan, desk.trials))

    def _ready(self) -> Equipment:
        """Who trains here; made ready when there is something to train."""
        worked = any(result.score is not None for result in self._known)
        if self._equipment is not None and worked and not self._equipment.worked:
            self.close()  # a script that fails now and then has worked elsewhere
        if self._equipment is None:
            self._equipment = Equipment(
                self._spec, self.offer, self._ledger, self._desk, worked=worked
            )
        return self._equipment


def _as_here(spec: StudySpec, photos: str | None) -> StudySpec:
    """The study with its photos where they lie on this machine."""
    if photos is None:
        return spec
    return spec.model_copy(update={"data": spec.data.model_copy(update={"photos": photos})})
