"""The story of one run, and nothing else.

    open the study's folder -> see what an earlier run left -> follow the course (baseline,
    stages, combination, confirmation), training what is missing -> tell the findings

Everything that is told goes into the journal first, then to whoever listens.
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from uuid import uuid4

from tuner.errors import TrainerError
from tuner.events import BaselineFinished, Event, Judgement, Listener, StageFinished
from tuner.journal.history import StudyHistory
from tuner.journal.recorder import Recorder
from tuner.journal.workspace import Workspace
from tuner.report.before_after import draw_before_after
from tuner.report.contact_sheet import draw_contact_sheet
from tuner.results import UNSEARCHED, StudyResult
from tuner.runner.lifecycle import closing_event, make_adviser, opening_event
from tuner.runner.preflight import refuse_a_baseline_without_color
from tuner.runner.resume import alone, earlier_run, refuse_another_trainer, was_told
from tuner.runner.trainers import (
    EvaluateFunction,
    FunctionTrainer,
    Trainer,
    choose_trainer,
    earlier_training,
)
from tuner.search.optuna_store import TrialStore, sqlite_url
from tuner.search.procedure import SearchResult, run_procedure
from tuner.spec.plan import Plan, make_plan
from tuner.spec.study import StudySpec
from tuner.tracking.process import MlflowProcess
from tuner.wording import listed


def run_study(
    spec: StudySpec,
    evaluate: EvaluateFunction | None = None,
    directory: str | Path | None = None,
    *,
    listen: Listener | None = None,
    restart: bool = False,
    record: bool = True,
    anyway: bool = False,
) -> StudyResult:
    """Runs a study, or goes on with it.

    Args:
        spec: What is asked, as `load_study` returns it.
        evaluate: Replaces training. Is handed a list of trials, each with `weights` (dict),
            `seed` and `steps`, and returns a score for each: lower is better, NaN where the
            trial diverged. Names of weights are free then, and no photos are needed.
        directory: Where `tuner.db` and `tuner-runs/` lie; the working directory by default.
            With `evaluate` and no directory everything stays in memory.
        listen: Is told about every event, see `tuner.events`.
        restart: Sets an earlier run of the same name aside and starts afresh.
        record: Feeds MLflow while it trains; without, `tuner sync` does so later.
        anyway: Goes on although the start weights have not learned color.

    Raises:
        TunerError: Something that the user can fix; its text says what and how.
    """
    plan = make_plan(spec)
    if evaluate is not None:
        _refuse_unsearched(plan)
    if evaluate is not None and directory is None:
        return _in_memory(spec, plan, evaluate, listen or _nobody)
    workspace = Workspace(Path(directory or ".").absolute())
    with alone(workspace, spec.study):
        earlier = earlier_run(spec, workspace, restart=restart)
        refuse_another_trainer(earlier, spec.trainer.kind if evaluate is None else "evaluate")
        folder = workspace.make_folder(spec.study)
        feed = (
            MlflowProcess(folder, workspace.root)
            if record and evaluate is None
            else nullcontext(_nobody)
        )
        opened = opening_event(spec, plan, earlier.opened.uid if earlier else uuid4().hex)
        advise = make_adviser(spec, earlier.advice if earlier else ())
        with (
            feed as to_mlflow,
            Recorder(folder, opened, to_mlflow, listen or _nobody, advise=advise) as tell,
        ):
            trainer = choose_trainer(
                spec, evaluate, workspace.photo_cache, earlier_training(earlier), tell
            )
            return _go(spec, plan, trainer, workspace, earlier, tell, anyway=anyway)


def _in_memory(
    spec: StudySpec, plan: Plan, evaluate: EvaluateFunction, tell: Listener
) -> StudyResult:
    """The same story without a folder; it ends with the process."""
    tell(opening_event(spec, plan, uuid4().hex))
    trainer = FunctionTrainer(evaluate, tell)
    store = TrialStore(
        plan, lambda trials: trainer.train(trials, store.prune), make_ready=trainer.make_ready
    )
    findings = run_procedure(plan, store.train, tell)
    tell(closing_event(spec, findings, store.results))
    return _conclude(spec, findings, store)


def _go(
    spec: StudySpec,
    plan: Plan,
    trainer: Trainer,
    workspace: Workspace,
    earlier: StudyHistory | None,
    tell: Recorder,
    *,
    anyway: bool,
) -> StudyResult:
    """Follows the course from its beginning; what was trained or judged before is looked up."""
    known = earlier.results if earlier else {}
    url = sqlite_url(workspace.database)
    store = TrialStore(
        plan,
        lambda trials: trainer.train(trials, store.prune),
        url,
        known,
        trainer.make_ready,
    )

    def tell_news(event: Judgement) -> None:
        if isinstance(event, BaselineFinished) and not anyway:
            refuse_a_baseline_without_color(spec, store.results)
        if not was_told(event, earlier):
            tell(event)
            if isinstance(event, StageFinished):
                sheet = draw_contact_sheet(tell.folder, event.stage, event.incumbent, store.results)
                tell.if_taken(sheet)

    findings = run_procedure(plan, store.train, tell_news)
    if tell.opened or earlier is None or earlier.finished is None:
        picture = draw_before_after(
            tell.folder,
            store.results,
            plan.weights,
            findings.incumbent,
            confirmed=findings.best == findings.incumbent,
        )
        tell.if_taken(picture)
        tell(closing_event(spec, findings, store.results))
    return _conclude(spec, findings, store)


def _refuse_unsearched(plan: Plan) -> None:
    """A function is handed weights; ways of weighting that have none are the trainer's."""
    names = [rival.name for rival in plan.rivals if rival.name in UNSEARCHED]
    if names:
        raise TrainerError(
            f"compare: what weighs the loss without any weights, {listed(names)}, needs the "
            "built-in trainer (leave it out, or train without 'evaluate')"
        )


def _nobody(_event: Event) -> None:
    """Nobody listens."""


def _conclude(spec: StudySpec, findings: SearchResult, store: TrialStore) -> StudyResult:
    return StudyResult(
        study=spec.study,
        best_weights=dict(findings.best),
        baseline_weights=dict(spec.weights),
        baseline=findings.baseline,
        incumbent_weights=dict(findings.incumbent),
        stages=findings.stages,
        combination=findings.combination,
        confirmation=findings.confirmation,
        noise=findings.noise,
        results=store.results,
        stopped=findings.stopped,
        rivals=findings.rivals,
    )
