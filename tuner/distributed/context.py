"""The context of a worker, and the trainer that it prepares for a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tuner.distributed.database import Database
from tuner.distributed.journal_table import events_of
from tuner.distributed.registry import WorkerRegistry
from tuner.distributed.studies import SubmittedStudy
from tuner.distributed.table_journal import TableJournal
from tuner.errors import TrainerError, TunerError
from tuner.journal.recorder import Recorder
from tuner.journal.workspace import Workspace
from tuner.results.events import AdviceGiven, TrainingPrepared
from tuner.results.progress import Notify, ignore_progress
from tuner.runner.lifecycle import make_adviser, opening_event
from tuner.runner.trainers import (
    EarlierTraining,
    EvaluateFunction,
    FunctionTrainer,
    SharedFiles,
    Trainer,
    make_trainer,
)
from tuner.search.optuna_database import TrialStorage, close_storage, reach_storage
from tuner.spec.own_code import OwnCode, own_code
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec


@dataclass(frozen=True)
class WorkerContext:
    """What a worker uses for every study.

    Attributes:
        photos: The photos on this machine, where their place differs from the study's.
        share: Folder or address where all machines see checkpoints.
        evaluate: Replaces training.
        allow: Kinds of code of a study's own that this worker runs.
        notify: Called with what this worker does at the moment.
    """

    database: Database
    registry: WorkerRegistry
    workspace: Workspace
    photos: str | None = None
    share: str | None = None
    evaluate: EvaluateFunction | None = None
    allow: frozenset[OwnCode] = frozenset()
    notify: Notify = ignore_progress

    @cached_property
    def trials(self) -> TrialStorage:
        """Optuna's storage with the trials of all studies."""
        return self.database.with_retries(lambda: reach_storage(self.database.url))

    def close(self) -> None:
        """Closes its connections to the trials."""
        close_storage(self.trials)


class CannotTrainHere(TrainerError):
    """This worker cannot train a study that others may be able to train."""


def refuse_code_of_its_own(spec: StudySpec, allow: frozenset[OwnCode]) -> None:
    """Refuses to run code that the operator of this worker has not allowed.

    Raises:
        CannotTrainHere: The study has such code; nothing of it was run or imported.
    """
    lacking = sorted(own_code(spec) - allow)
    if lacking:
        what = {"command": "runs a program of its own", "python": "imports Python of its own"}
        asked = ",".join(sorted(own_code(spec)))
        raise CannotTrainHere(
            f"the study {' and '.join(what[kind] for kind in lacking)}, which this worker does not "
            f"allow (whoever starts it does: tuner worker --allow {asked})"
        )


class PreparedTrainer:
    """A trainer that is ready, and its recorder.

    Args:
        spec: The study, with the place of the photos on this machine.
        submission: The study as it was submitted.
        journal: Of the study.
        context: The worker's.
        worked: Whether any trial of the study has a score already.

    Raises:
        CannotTrainHere: Photos, networks or scripts are not here, or not those the study was
            begun with.
    """

    def __init__(
        self,
        spec: StudySpec,
        submission: SubmittedStudy,
        journal: TableJournal,
        context: WorkerContext,
        *,
        worked: bool,
    ) -> None:
        self._spec = spec
        self._uid = submission.uid
        self._opening = opening_event(spec, make_plan(spec), submission.uid)
        self._journal = journal
        self._context = context
        self.worked = worked
        begun_with = self._recorded_facts()
        self.recorder, self.trainer = self._make_ready(begun_with or submission.facts)
        if not begun_with and self._recorded_facts():
            # The facts of the worker that was ready first count; it may be another one.
            self.recorder.close()
            self.recorder, self.trainer = self._make_ready(self._recorded_facts())

    def close(self) -> None:
        """Writes what is waiting."""
        self.recorder.close()

    def _make_ready(self, facts: Mapping[str, str]) -> tuple[Recorder, Trainer]:
        folder = self._context.workspace.working_folder(self._uid)
        folder.mkdir(parents=True, exist_ok=True)
        given = events_of(self._journal.table.read(kinds=["advice given"]))
        advise = make_adviser(self._spec, [one for one in given if isinstance(one, AdviceGiven)])
        recorder = Recorder(self._journal, self._opening, advise=advise)
        try:
            trainer = self._choose(folder, EarlierTraining(facts, worked=self.worked), recorder)
            trainer.make_ready()
        except (TunerError, OSError) as error:
            raise CannotTrainHere(str(error)) from error
        return recorder, trainer

    def _choose(self, folder: Path, earlier: EarlierTraining, recorder: Recorder) -> Trainer:
        context = self._context
        if context.evaluate is not None:
            return FunctionTrainer(context.evaluate, recorder)
        share = SharedFiles(context.share, self._uid) if context.share else None
        cache = context.workspace.photo_cache
        return make_trainer(self._spec, folder, cache, earlier, recorder, share, context.notify)

    def _recorded_facts(self) -> Mapping[str, str]:
        """What the study was begun with; empty before any worker has begun."""
        for event in events_of(self._journal.table.read(kinds=["training prepared"])):
            if isinstance(event, TrainingPrepared):
                return event.facts
        return {}
