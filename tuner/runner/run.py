"""Runs one study on this machine, in a folder or in memory.

    open the study's folder -> read what an earlier run left -> run the loop to its end

Everything is recorded in the journal first, then passed on to the listeners.
"""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from uuid import uuid4

from tuner.errors import TrainerError
from tuner.guide.weightings import UNSEARCHED
from tuner.journal.history import StudyHistory
from tuner.journal.journals import MemoryJournal
from tuner.journal.recorder import Recorder
from tuner.journal.workspace import CHECKPOINTS, Workspace
from tuner.results import StudyResult
from tuner.results.events import Event, Listener
from tuner.results.progress import Notify, Say, ignore_progress
from tuner.runner.lifecycle import make_adviser, opening_event
from tuner.runner.loop import StudyRun, run_to_end
from tuner.runner.opened_study import open_study
from tuner.runner.reporter import StudyReporter
from tuner.runner.resume import alone, refuse_another_trainer
from tuner.runner.trainers import (
    EvaluateFunction,
    FunctionTrainer,
    Trainer,
    earlier_training,
    make_trainer,
)
from tuner.runner.within_hours import refuse_hours_without_pace
from tuner.search.optuna_database import sqlite_url
from tuner.search.optuna_store import TrialStore
from tuner.search.procedure import SearchResult
from tuner.spec.plan import Plan, make_plan
from tuner.spec.study import StudySpec
from tuner.tracking.process import MlflowProcess
from tuner.wording import listed


def _silent(_sentence: str) -> None:
    """Does nothing."""


def run_study(
    spec: StudySpec,
    evaluate: EvaluateFunction | None = None,
    directory: str | Path | None = None,
    *,
    listen: Listener | None = None,
    say: Say | None = None,
    notify: Notify = ignore_progress,
    restart: bool = False,
    record: bool = True,
    anyway: bool = False,
) -> StudyResult:
    """Runs a study, or goes on with it.

    Args:
        spec: The study, as `load_study` returns it.
        evaluate: Replaces training. It gets a list of trials, each with `weights` (dict), `seed`
            and `steps`, and returns a score for each: lower is better, NaN where the trial
            diverged. Weights may then have any names, and no photos are needed.
        directory: Where `tuner.db` and `tuner-runs/` lie; the working directory by default.
            With `evaluate` and no directory everything stays in memory.
        listen: Is called with every event, see `tuner.results.events`.
        say: Is called with sentences that are not events.
        notify: Is called with what is done at the moment, such as how many photos are read.
        restart: Renames the folder of an earlier run of the same name, and starts a new one.
        record: Sends everything to MLflow during training; otherwise `tuner sync` can do so later.
        anyway: Goes on although the start weights have not learned color.

    Raises:
        TunerError: Something that the user can fix; the text says what and how.

    Example:
        A function in place of training, in memory; its best `ab_weight` is 4.

        >>> from tuner import load_study, run_study
        >>> def evaluate(trials):
        ...     return [abs(trial.weights["ab_weight"] - 4.0) for trial in trials]
        >>> result = run_study(load_study("sepia-fix", {"combination": 0}), evaluate)
        >>> result.best_weights["ab_weight"], result.confirmation.verdict
        (4.0, 'better')
        >>> result.trials[["ab_weight", "seed", "score"]].head(1).to_dict("records")
        [{'ab_weight': 2.0, 'seed': 1, 'score': 2.0}]
    """
    plan, say, listen = make_plan(spec), say or _silent, listen or _ignore
    if evaluate is not None:
        refuse_hours_without_pace(spec, alone=False)
        _refuse_unsearched(plan)
        _refuse_guardrails(plan)
        if directory is None:
            return _in_memory(spec, plan, evaluate, listen)
    workspace = Workspace(Path(directory or ".").absolute())
    with alone(workspace, spec.study):
        spec, journal, earlier = open_study(spec, workspace, restart=restart, say=say)
        plan = make_plan(spec)
        refuse_another_trainer(earlier, spec.trainer.kind if evaluate is None else "evaluate")
        folder = workspace.make_folder(spec.study)
        opening = opening_event(spec, plan, earlier.opened.uid if earlier else uuid4().hex)
        advise = make_adviser(spec, earlier.advice if earlier else ())
        sent: AbstractContextManager[Listener] = nullcontext(_ignore)
        if record and evaluate is None:
            sent = MlflowProcess(folder, workspace.root, notify)
        with (
            sent as to_mlflow,
            Recorder(journal, opening, to_mlflow, listen, advise=advise) as recorder,
        ):
            before, photos = earlier_training(earlier), workspace.photo_cache
            trainer = (
                make_trainer(spec, folder, photos, before, recorder, notify=notify)
                if evaluate is None
                else FunctionTrainer(evaluate, recorder)
            )
            return _run(
                spec, plan, recorder, trainer, workspace, earlier,
                anyway=anyway, say=say, notify=notify,
            )  # fmt: skip


def _in_memory(
    spec: StudySpec, plan: Plan, evaluate: EvaluateFunction, listen: Listener
) -> StudyResult:
    """Runs a study without a folder; it cannot be resumed."""
    if spec.warm_start is not None:
        raise TrainerError("warm_start: needs a directory, in which the other study lies")
    opening = opening_event(spec, plan, uuid4().hex)
    with Recorder(MemoryJournal(), opening, listen) as recorder:
        return _run(spec, plan, recorder, FunctionTrainer(evaluate, recorder))


def _run(
    spec: StudySpec,
    plan: Plan,
    recorder: Recorder,
    trainer: Trainer,
    workspace: Workspace | None = None,
    earlier: StudyHistory | None = None,
    *,
    anyway: bool = False,
    say: Say = _silent,
    notify: Notify = ignore_progress,
) -> StudyResult:
    """Runs the loop; trials and judgements of an earlier run are not repeated."""

    @cache
    def ready() -> Trainer:
        trainer.make_ready()
        return trainer

    folder = workspace.folder(spec.study) if workspace else None
    store = TrialStore(
        plan,
        sqlite_url(workspace.database) if workspace else None,
        earlier.trials if earlier else {},
        earlier.results if earlier else {},
        ready,
        say,
        trainer.beside,
    )
    scripted = spec.trainer.kind != "builtin" and not isinstance(trainer, FunctionTrainer)
    reporter = StudyReporter(
        spec, plan, recorder, folder, recorder, anyway=anyway, scripted=scripted, notify=notify
    )
    if earlier and not earlier.finished:
        reporter.recall(earlier)
    found = run_to_end(StudyRun(plan, reporter, store, ready))
    if folder is not None:  # a process that was killed may have left one of a trial that ended
        shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    return _conclude(spec, found, recorder)


def _refuse_unsearched(plan: Plan) -> None:
    """Refuses weightings without a search with a function: they have no weights to pass to it."""
    names = [rival.name for rival in plan.rivals if rival.name in UNSEARCHED]
    if names:
        raise TrainerError(
            f"compare: what computes the weights in every step, {listed(names)}, needs the "
            "built-in trainer (leave it out, or train without 'evaluate')"
        )


def _refuse_guardrails(plan: Plan) -> None:
    """Refuses guardrails with a function: it returns scores and no other number."""
    if plan.guardrails:
        raise TrainerError(
            f"guardrails.metrics: 'evaluate' returns scores alone, without "
            f"{listed(dict.fromkeys(one.metric for one in plan.guardrails))} (train with a "
            "trainer of kind 'function', which returns numbers by name)"
        )


def _ignore(_event: Event) -> None:
    """Does nothing."""


def _conclude(spec: StudySpec, found: SearchResult, recorder: Recorder) -> StudyResult:
    return StudyResult(
        study=spec.study,
        best_weights=dict(found.best),
        baseline_weights=dict(spec.weights),
        baseline=found.baseline,
        incumbent_weights=dict(found.incumbent),
        stages=found.stages,
        combination=found.combination,
        confirmation=found.confirmation,
        noise=found.noise,
        results=recorder.results(),
        stopped=found.stopped,
        rivals=found.rivals,
        simplification=found.simplification,
        finalists=found.finalists,
        effects=found.effects,
    )
