"""Checks the user's script: whether everything that it needs exists, and whether it obeys."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tuner.checking.cost import describe_external_cost
from tuner.checking.external_probe import check_external_obedience
from tuner.checking.photos import check_vault
from tuner.checking.result import CheckResult
from tuner.checking.script_runs import runs_of, steps_of
from tuner.errors import PhotosError, TunerError
from tuner.external.trainer import ExternalTrainer
from tuner.journal.history import StudyHistory
from tuner.journal.workspace import Workspace
from tuner.runner.trainers import earlier_training, told_in
from tuner.spec.plan import Plan
from tuner.spec.study import StudySpec


def check_external_trainer(
    spec: StudySpec,
    workspace: Workspace,
    earlier: StudyHistory | None,
    note: Callable[[str], None],
    *,
    run: bool,
) -> Iterator[CheckResult]:
    """Checks whether photos, programs, files, keys and constants exist.

    Args:
        run: Whether the script is run, to check whether it obeys its weights.
    """
    before = earlier_training(earlier)
    trainer = ExternalTrainer(
        spec, workspace.folder(spec.study), workspace.photo_cache, before.facts,
        lambda _event: None, lambda *_views: None, lambda *_reading: None,
        worked=before.worked, notify=told_in(note),
    )  # fmt: skip
    try:
        heldout, judge = trainer.make_ready()
    except TunerError as error:
        subject = "photos" if isinstance(error, PhotosError) else "trainer"
        yield CheckResult(subject, "red", str(error), "nothing else can be checked before that")
        return
    if heldout is not None:
        yield CheckResult("photos", "green", heldout.summary)
        yield from check_vault(heldout.vault_how, heldout.claim is not None)
    yield from (CheckResult("score", "green", remark) for remark in judge.remarks)
    yield from (CheckResult("score", "amber", notice) for notice in judge.notices)
    if run:
        folder = workspace.folder(spec.study).absolute() / "check"
        yield from check_external_obedience(spec, folder, heldout, judge, note)
        return
    yield CheckResult(
        "trainer",
        "green",
        "what your own script needs is there; it was not run: tuner check --run does so "
        f"{runs_of(spec)} times for {steps_of(spec)} steps, to see whether it obeys its weights",
    )


def external_cost(
    spec: StudySpec, earlier: StudyHistory | None, plan: Plan, price: float
) -> CheckResult:
    """The hours, as far as trials of an earlier run show them."""
    results = earlier.results.values() if earlier else ()
    return CheckResult(
        "cost",
        "green",
        " ".join(describe_external_cost(results, plan, spec.trainer.parallel, price)),
    )
