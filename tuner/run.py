"""The story of one run, and nothing else.

    open the study's folder -> see what an earlier run left -> follow the course (baseline,
    stages, confirmation), training what is missing -> tell the findings

Everything that is told goes into the journal first, then to whoever listens.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from tuner.errors import StorageError, StudyChanged
from tuner.events import (
    Event,
    Listener,
    StageFinished,
    StudyFinished,
    StudyOpened,
)
from tuner.plan import Plan, make_plan
from tuner.records.before_after import draw_before_after
from tuner.records.feed import Feed
from tuner.records.history import StudyHistory, find_history
from tuner.records.teller import Teller
from tuner.results import StageResult, StudyResult
from tuner.search.course import Findings, follow
from tuner.search.storage import TrialStore, forget_study, knows_study, sqlite_url
from tuner.study import StudySpec
from tuner.study_file import describe_changes
from tuner.trainers import Builtin, Score, StandIn
from tuner.workspace import Workspace

PACKAGES = ("colorization-tuner", "torch", "lpips", "kornia", "optuna", "mlflow")


def run_study(
    spec: StudySpec,
    evaluate: Score | None = None,
    directory: str | Path | None = None,
    *,
    listen: Listener | None = None,
    restart: bool = False,
    record: bool = True,
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

    Raises:
        TunerError: Something that the user can fix; its text says what and how.
    """
    plan = make_plan(spec)
    if evaluate is not None and directory is None:
        return _in_memory(spec, plan, evaluate, listen or _nobody)
    workspace = Workspace(Path(directory or ".").absolute())
    with _alone(workspace, spec.study):
        earlier = _earlier_run(spec, workspace, restart=restart)
        _refuse_another_trainer(earlier, "builtin" if evaluate is None else "evaluate")
        folder = workspace.make_folder(spec.study)
        feed = Feed(folder, workspace.root) if record and evaluate is None else nullcontext(_nobody)
        opening = _opening(spec, plan, earlier)
        with feed as to_mlflow, Teller(folder, opening, to_mlflow, listen or _nobody) as tell:
            facts = earlier.facts if earlier else {}
            trainer = (
                Builtin(spec, workspace.photo_cache, facts, tell)
                if evaluate is None
                else StandIn(evaluate, tell)
            )
            return _go(spec, plan, trainer, workspace, earlier, tell)


def _in_memory(spec: StudySpec, plan: Plan, evaluate: Score, tell: Listener) -> StudyResult:
    """The same story without a folder; it ends with the process."""
    tell(_opening(spec, plan, None))
    trainer = StandIn(evaluate, tell)
    store = TrialStore(plan, trainer.train, make_ready=trainer.make_ready)

    def on_stage(stage: StageResult, incumbent: Mapping[str, float]) -> None:
        tell(StageFinished(stage=stage, incumbent=incumbent))

    findings = follow(plan, store.train, on_stage)
    tell(_finished(findings))
    return _conclude(spec, findings, store)


def _go(
    spec: StudySpec,
    plan: Plan,
    trainer: Builtin | StandIn,
    workspace: Workspace,
    earlier: StudyHistory | None,
    tell: Teller,
) -> StudyResult:
    """Follows the course from its beginning; what was trained or judged before is looked up."""
    known = earlier.results if earlier else {}
    judged = earlier.stages if earlier else ()
    url = sqlite_url(workspace.database)
    store = TrialStore(plan, trainer.train, url, known, trainer.make_ready)

    def on_stage(stage: StageResult, incumbent: Mapping[str, float]) -> None:
        if stage not in judged:
            tell(StageFinished(stage=stage, incumbent=incumbent))

    findings = follow(plan, store.train, on_stage)
    if tell.opened or earlier is None or earlier.finished is None:
        picture = draw_before_after(
            tell.folder,
            store.results,
            plan.weights,
            findings.incumbent,
            confirmed=findings.best == findings.incumbent,
        )
        if picture is not None:
            tell(picture)
        tell(_finished(findings))
    return _conclude(spec, findings, store)


def _nobody(_event: Event) -> None:
    """Nobody listens."""


@contextmanager
def _alone(workspace: Workspace, study: str) -> Iterator[None]:
    """Keeps a second run of the same study out; the lock goes when the process goes."""
    workspace.make_folder(study)
    lock = FileLock(workspace.runs / f".{study}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise StorageError(
            f"'{study}' is being run by another process in {workspace.root} "
            f"(look at it with: tuner status --study {study})"
        ) from None
    except OSError as error:
        raise StorageError(f"{lock.lock_file}: cannot be written ({error.strerror})") from error
    try:
        yield
    finally:
        lock.release()


def _earlier_run(spec: StudySpec, workspace: Workspace, *, restart: bool) -> StudyHistory | None:
    """What an earlier run left; refuses one that was asked for something else."""
    url = sqlite_url(workspace.database)
    if restart:
        forget_study(url, spec.study)
        if any(workspace.folder(spec.study).iterdir()):
            workspace.set_aside(spec.study)
        return None
    earlier = find_history(workspace.folder(spec.study))
    if earlier is None:
        if knows_study(url, spec.study):
            raise StudyChanged(
                f"{workspace.database} holds trials of '{spec.study}', but its journal in "
                f"{workspace.folder(spec.study)} is gone; put the folder back, or start afresh "
                "with --restart"
            )
        return None
    changes = describe_changes(StudySpec.model_validate(earlier.spec), spec)
    if changes:
        raise StudyChanged(
            f"'{spec.study}' was begun with other settings ({'; '.join(changes)}); give the new "
            f"one a name of its own (--set study={spec.study}-2), or start afresh with --restart"
        )
    return earlier


def _refuse_another_trainer(earlier: StudyHistory | None, now: str) -> None:
    """Scores of a function and of real trainings never meet in one study."""
    before = earlier.facts.get("trainer", now) if earlier else now
    if earlier and before != now:
        names = {"builtin": "by training", "evaluate": "by a function that replaces training"}
        raise StudyChanged(
            f"'{earlier.study}' was begun {names.get(before, before)}, and is now asked for "
            f"{names[now]}; give one of them another name, or start afresh with --restart"
        )


def _opening(spec: StudySpec, plan: Plan, earlier: StudyHistory | None) -> StudyOpened:
    versions = {name: version(name) for name in PACKAGES}
    return StudyOpened(
        study=spec.study,
        uid=earlier.opened.uid if earlier else uuid4().hex,
        spec=spec.model_dump(mode="json"),
        provenance={
            **versions,
            "python": platform.python_version(),
            "machine": platform.platform(),
        },
        trials_most=plan.trials_most,
    )


def _finished(findings: Findings) -> StudyFinished:
    return StudyFinished(
        best_weights=findings.best,
        incumbent_weights=findings.incumbent,
        confirmation=findings.confirmation,
        noise=findings.noise,
        stopped=findings.stopped,
    )


def _conclude(spec: StudySpec, findings: Findings, store: TrialStore) -> StudyResult:
    return StudyResult(
        study=spec.study,
        best_weights=dict(findings.best),
        baseline_weights=dict(spec.weights),
        baseline=findings.baseline,
        incumbent_weights=dict(findings.incumbent),
        stages=findings.stages,
        confirmation=findings.confirmation,
        noise=findings.noise,
        results=store.results,
        stopped=findings.stopped,
    )
