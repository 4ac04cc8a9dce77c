"""One study of one worker: the loop of `runner.loop`, with leased trials."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from tuner.distributed.context import PreparedTrainer, WorkerContext, refuse_code_of_its_own
from tuner.distributed.journal_table import JournalTable
from tuner.distributed.leased_store import LeasedStore
from tuner.distributed.leases import Leases
from tuner.distributed.overview import StudyOverview
from tuner.distributed.studies import StudyRegistry, SubmittedStudy
from tuner.distributed.table_journal import TableJournal
from tuner.runner.loop import StudyRun, advance, train_some
from tuner.runner.reporter import StudyReporter
from tuner.runner.trainers import Trainer
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec
from tuner.spec.study_file import recorded_study

TOGETHER = 8
"""Trials that are trained in lockstep at most; more would leave other workers without any."""


class SharedStudy:
    """A submitted study, as one worker runs it.

    Args:
        submission: The study.
        context: The worker's.
        make_store: Makes the store of its trials.

    Raises:
        CannotTrainHere: It has code of its own that this worker does not allow.
    """

    def __init__(
        self,
        submission: SubmittedStudy,
        context: WorkerContext,
        make_store: Callable[..., LeasedStore] = LeasedStore,
    ) -> None:
        self.name = submission.name
        self.submission = submission
        self._context = context
        self._spec = _as_here(recorded_study(submission.spec), context.photos)
        refuse_code_of_its_own(self._spec, context.allow)
        self._news: int | None = None
        self._prepared: PreparedTrainer | None = None
        self._folder = context.workspace.working_folder(submission.uid)
        plan = make_plan(self._spec)
        table = JournalTable(context.database, submission.uid, context.registry.name)
        self._journal = TableJournal(table, self._folder, plan.max_trials)
        leases = Leases(context.database, submission.uid, context.registry)
        self._store = make_store(
            plan, submission.uid, context, self._journal, leases, self._together()
        )
        reporter = StudyReporter(
            self._spec, plan, self._journal, self._folder, self._journal.append, self._fetch,
            anyway=submission.anyway, scripted=self._spec.trainer.kind != "builtin",
        )  # fmt: skip
        self._run = StudyRun(plan, reporter, self._store, self._trainer)

    def is_latest_in(self, overview: StudyOverview) -> bool:
        """Whether it is the latest submission of its name."""
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
            CannotTrainHere: This worker cannot train the study.
            TrainerError: No worker can.
        """
        if not ahead and self._is_forgotten(overview):
            self._advance()
        elif not (overview.is_likely if ahead else self._store.has_free(overview.held)):
            return False
        if not train_some(self._run, self._store.take_likely if ahead else self._store.take):
            return False
        self._advance()
        return True

    def close(self) -> None:
        """Frees photos and networks."""
        if self._prepared is not None:
            self._prepared.close()
            self._prepared = None

    def _is_forgotten(self, overview: StudyOverview) -> bool:
        """Whether conclusions are missing, and were missing at the last look, too."""
        news = overview.latest if overview.latest > overview.followed else None
        forgotten = news is not None and (news == self._news or overview.followed < 0)
        self._news = news
        return forgotten

    def _advance(self) -> None:
        found = advance(self._run)
        if found is not None:
            self._run.reporter.conclude(found, self._run.used)
            StudyRegistry(self._context.database).mark(self.submission, "finished")

    def _together(self) -> int:
        """How many trials this worker trains at once."""
        trainer = self._spec.trainer
        together = TOGETHER if trainer.kind == "builtin" else trainer.parallel
        return 1 if self._context.evaluate else together

    def _fetch(self, paths: Iterable[Path]) -> None:
        """Copies files of other workers to this machine, for pictures of all predictions."""
        for path in paths:
            relative = path.relative_to(self._folder).as_posix()
            self._journal.table.copy_file(self._folder, relative)

    def _trainer(self) -> Trainer:
        """The trainer of this worker, prepared when there is something to train."""
        self._journal.read_news()
        worked = any(result.score is not None for result in self._run.results())
        if self._prepared is not None and worked and not self._prepared.worked:
            self.close()  # a script that fails now and then has worked elsewhere
        if self._prepared is None:
            self._prepared = PreparedTrainer(
                self._spec, self.submission, self._journal, self._context, worked=worked
            )
        return self._prepared.trainer


def _as_here(spec: StudySpec, photos: str | None) -> StudySpec:
    """The study with the place of its photos on this machine."""
    if photos is None:
        return spec
    return spec.model_copy(update={"data": spec.data.model_copy(update={"photos": photos})})
