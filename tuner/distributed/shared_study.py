"""One study as one worker has it.

take what is free -> train -> tell -> judge what is complete, open what is missing next
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from math import ceil

from sqlalchemy.exc import SQLAlchemyError

from tuner.distributed.context import PreparedTrainer, WorkerContext
from tuner.distributed.journal_table import FINISHED, JournalTable, results_of
from tuner.distributed.leases import Leases, trial_lease
from tuner.distributed.overview import StudyOverview
from tuner.distributed.reporter import StudyReporter
from tuner.distributed.studies import StudyRegistry, SubmittedStudy
from tuner.distributed.table_sink import event_key
from tuner.errors import TunerError
from tuner.events import TrialFinished
from tuner.results import RunningTrial, TrialResult
from tuner.search.procedure import SearchResult
from tuner.search.shared_trials import LeasedTrial, SharedTrials
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec

TOGETHER = 8
"""Trials that are trained in lockstep at most; more would leave other workers without any."""

DEATHS = 3
"""So many workers may die with a trial before it is given up."""


NO_BUGS = (TunerError, SQLAlchemyError)
"""What may end a training without being its fault."""


class SharedStudy:
    """A study that was submitted, at a worker's desk."""

    def __init__(self, submission: SubmittedStudy, context: WorkerContext) -> None:
        self.name = submission.name
        self.submission = submission
        self._context = context
        self._spec = _as_here(StudySpec.model_validate(submission.spec), context.photos)
        self._plan = make_plan(self._spec)
        self._submissions = StudyRegistry(context.database)
        self._journal = JournalTable(context.database, submission.uid, context.registry.name)
        self._leases = Leases(context.database, submission.uid, context.registry)
        folder = context.workspace.working_folder(submission.uid)
        self._reporter = StudyReporter(
            self._spec, self._plan, self._journal, folder, submission.anyway
        )
        self._read_to = 0
        self._results: dict[int, TrialResult] = {}
        self._lines: dict[int, int] = {}
        self._news: int | None = None
        self._prepared: PreparedTrainer | None = None

    def is_as_in(self, overview: StudyOverview) -> bool:
        """Whether it is what was submitted last under its name."""
        return (self.submission.uid, self.submission.version) == (overview.uid, overview.version)

    @property
    def keeps_checkpoints(self) -> bool:
        """Whether a training that is interrupted goes on later where it was."""
        return self._spec.trainer.kind == "builtin"

    def work(self, overview: StudyOverview, *, ahead: bool) -> bool:
        """Trains some trials, where some are free; False where none is.

        Args:
            overview: Where the study stands.
            ahead: Whether to train what is only likely to be needed.

        Raises:
            Unfit: This worker cannot train the study.
            TrainerError: Nobody can.
        """
        if not ahead and self._is_forgotten(overview):
            self._advance()
        elif not (overview.is_likely if ahead else self._leases.free(overview.held)):
            return False
        take = self._take_ahead if ahead else self._take
        taken = self._context.database.patiently(take)
        if not taken:
            return False
        whats = [trial_lease(one.trial.number) for one in taken]
        try:
            self._train(taken)
            self._leases.close(whats)
        except BaseException as error:
            is_a_bug = isinstance(error, Exception) and not isinstance(error, NO_BUGS)
            self._leases.hand_back(whats, died=is_a_bug)
            raise
        self._advance()
        return True

    def close(self) -> None:
        """Lets go of photos and networks."""
        if self._prepared is not None:
            self._prepared.close()
            self._prepared = None

    def _is_forgotten(self, overview: StudyOverview) -> bool:
        """Whether conclusions are missing that were missing at the last look, too."""
        news = overview.latest if overview.latest > overview.followed else None
        forgotten = news is not None and (news == self._news or overview.followed < 0)
        self._news = news
        return forgotten

    def _advance(self) -> None:
        """Tells what can be judged by now, and opens the trials that are missing next."""
        findings = self._context.database.patiently(self._follow)
        self._reporter.draw(self._known)
        if findings is not None:
            self._reporter.tell_end(findings, self._known)
            self._submissions.mark(self.submission, "finished")

    def _follow(self) -> SearchResult | None:
        with self._leases.in_turn():
            self._read_news()
            if self._submissions.followed(self.submission.uid) >= self._read_to:
                return None  # somebody else has drawn the conclusions
            course = self._trials.follow(
                lambda event: self._reporter.tell_news(event, self._news_now)
            )
            self._leases.open(course.unfinished)
            if course.findings is None:  # the end is followed to until it is told
                untold = [self._lines[n] for n in course.unfinished if n in self._lines]
                followed = min([self._read_to, *(line - 1 for line in untold)])
                self._submissions.mark_followed(self.submission.uid, followed, course.likely)
            return course.findings

    def _take(self) -> list[LeasedTrial]:
        with self._leases.in_turn():
            free = self._leases.free(self._leases.held())
            return self._begin(free[: self._fair_share(len(free))])

    def _take_ahead(self) -> list[LeasedTrial]:
        with self._leases.in_turn():
            likely = self._submissions.take_likely(self.submission.uid)
            return [] if likely is None else self._begin([self._trials.open(likely)])

    def _begin(self, numbers: Sequence[int]) -> list[LeasedTrial]:
        deaths = {number: self._leases.take(trial_lease(number)) for number in numbers}
        return self._trials.take({n: died for n, died in deaths.items() if died is not None})

    def _fair_share(self, free: int) -> int:
        """How many of the free trials to take: no more than can be trained together."""
        trainer = self._spec.trainer
        together = TOGETHER if trainer.kind == "builtin" else trainer.parallel
        together = 1 if self._context.evaluate else together
        return min(together, ceil(free / len(self._context.registry.living)))

    def _train(self, taken: Sequence[LeasedTrial]) -> None:
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
            self._context.database.patiently(partial(self._trials.tell, told))

    def _give_up(self, one: LeasedTrial) -> None:
        reason = f"{one.deaths} workers died while they trained it"
        lost = TrialResult(trial=one.trial, status="diverged", score=None, reason=reason)
        told = TrialFinished(result=lost)
        self._journal.append([self._journal.draft(told, event_key(told))])

    def _prune(self, contenders: Sequence[RunningTrial]) -> Mapping[int, str]:
        return self._trials.prune(contenders, self._known)

    def _read_news(self) -> None:
        lines = self._journal.read(self._read_to, [FINISHED])
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
        context = self._context
        return context.database.patiently(lambda: SharedTrials(self._plan, context.trials))

    def _ready(self) -> PreparedTrainer:
        """Who trains here; made ready when there is something to train."""
        worked = any(result.score is not None for result in self._known)
        if self._prepared is not None and worked and not self._prepared.worked:
            self.close()  # a script that fails now and then has worked elsewhere
        if self._prepared is None:
            self._prepared = PreparedTrainer(
                self._spec, self.submission, self._journal, self._context, worked=worked
            )
        return self._prepared


def _as_here(spec: StudySpec, photos: str | None) -> StudySpec:
    """The study with its photos where they lie on this machine."""
    if photos is None:
        return spec
    return spec.model_copy(update={"data": spec.data.model_copy(update={"photos": photos})})
