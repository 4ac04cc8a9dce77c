"""Checks a study before it runs, the cheap checks first; at most a few steps are trained.

study file -> photos -> model -> loss -> trainer obeys -> noise -> cost
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tuner.checking.cost import describe_cost
from tuner.checking.earlier import alike, check_earlier
from tuner.checking.external import check_external_trainer, external_cost
from tuner.checking.loss import check_custom_loss, check_loss
from tuner.checking.model import check_model
from tuner.checking.noise import check_noise
from tuner.checking.obedience import judge, obeys
from tuner.checking.photos import check_photos
from tuner.checking.probe import CROPS, PROBE_STEPS, builtin_probe, train_briefly
from tuner.checking.result import CheckResult
from tuner.checking.study import check_settings
from tuner.data.batches import Batch
from tuner.errors import PhotosError, StorageError, TunerError
from tuner.guide.golden_rule import ratio_of
from tuner.guide.ranges import NO_GUIDES
from tuner.journal.history import StudyHistory
from tuner.journal.history_builder import find_history
from tuner.journal.workspace import Workspace
from tuner.reporting.page.loss_shares import START, LossShares, mixes
from tuner.runner.trainers import told_in
from tuner.spec.plan import Plan, make_plan
from tuner.spec.study import StudySpec
from tuner.training.facts import TRAINING
from tuner.training.pace import time_trainings
from tuner.training.prepare import PreparedTraining, prepare

Note = Callable[[str], None]
"""Shows the present activity, such as `timing a few steps`."""


def check_study(
    spec: StudySpec, workspace: Workspace, note: Note, price: float = 0.0, *, run: bool = False
) -> Iterator[CheckResult]:
    """Runs all checks, and yields each result as soon as it is known.

    Args:
        price: Price of one hour; 0 leaves the price out.
        run: Whether the user's script may be run; the built-in trainer is always tried.

    Raises:
        TunerError: The study contradicts itself, or an earlier run's journal cannot be read.
    """
    plan = make_plan(spec)
    found = find_history(workspace.folder(spec.study))
    earlier = alike(found, spec)
    yield from check_settings(spec, plan)
    yield from check_earlier(found, spec)
    if spec.trainer.kind != "builtin":
        note("reading photos")
        yield from check_external_trainer(spec, workspace, earlier, note, run=run)
        yield check_noise(earlier.noise if earlier else None, plan, spec.objective.unit)
        yield external_cost(spec, earlier, plan, price)
        return
    try:
        note("reading photos and building networks")
        prepared = _prepare(spec, workspace, earlier, note)
    except TunerError as error:
        yield CheckResult(
            _subject(error), "red", str(error), "nothing else can be checked before that"
        )
        return
    yield from (CheckResult("networks", "amber", notice) for notice in prepared.notices)
    yield from check_photos(spec.data, prepared.patches, note)
    yield from _check_training(spec, prepared, earlier, note)
    yield check_noise(earlier.noise if earlier else None, plan, spec.objective.unit)
    yield _cost(spec, prepared, plan, price, note)


def _subject(error: TunerError) -> str:
    if isinstance(error, PhotosError):
        return "photos"
    return "disk" if isinstance(error, StorageError) else "trainer"


def _prepare(
    spec: StudySpec, workspace: Workspace, earlier: StudyHistory | None, note: Note
) -> PreparedTraining:
    return prepare(
        spec,
        workspace.folder(spec.study),
        workspace.photo_cache,
        earlier.facts if earlier else {},
        lambda _event: None,
        lambda *_views: None,
        told_in(note),
    )


def _check_training(
    spec: StudySpec, prepared: PreparedTraining, earlier: StudyHistory | None, note: Note
) -> Iterator[CheckResult]:
    note(f"training {PROBE_STEPS} steps")
    context = prepared.context
    learner = train_briefly(spec, context, spec.weights)
    seen = Batch(context.heldout.rgb[:CROPS], context.heldout.gray[:CROPS])
    yield from check_model(learner, seen)
    if learner.problem:
        return
    if spec.trainer.loss is None:
        mix, when = _components(spec, learner.averages(), earlier)
        random_trunk = not set(NO_GUIDES).isdisjoint(prepared.facts[TRAINING].split())
        yield from check_loss(mix, spec.weights, when, random_trunk=random_trunk)
    else:
        yield check_custom_loss(spec.trainer.loss, learner.averages(), spec.weights, PROBE_STEPS)
    tried = []
    for number, one in enumerate(obeys(spec.weights, builtin_probe(spec, context)), start=1):
        note(f"probing the weights {number}/{len(spec.weights)}")
        tried.append(one)
    yield from judge(tried, f"after {PROBE_STEPS} steps")


def _components(
    spec: StudySpec, averages: Mapping[str, float], earlier: StudyHistory | None
) -> tuple[LossShares, str]:
    """The components of an earlier run with these weights, else those at the beginning."""
    trained = mixes(earlier) if earlier and dict(earlier.start_weights) == spec.weights else ()
    if trained and trained[0].name == START:
        number = trained[0].trainings
        trainings = f"training{'s' if number > 1 else ''}"
        return trained[0], f"at the end of {number} {trainings} of the earlier run"
    values, shares = (
        {
            name.removeprefix(prefix): value
            for name, value in averages.items()
            if name.startswith(prefix)
        }
        for prefix in ("loss/", "share/")
    )
    ratio = ratio_of(averages)
    return LossShares(START, values, shares, 1, ratio), f"in the first {PROBE_STEPS} steps"


def _cost(
    spec: StudySpec, prepared: PreparedTraining, plan: Plan, price: float, note: Note
) -> CheckResult:
    note("timing a few steps")
    pace = time_trainings(spec, prepared.context)
    sentences = describe_cost(pace, plan, spec.trainer.steps_before, price)
    return CheckResult("cost", "green", " ".join(sentences).removesuffix("."))
