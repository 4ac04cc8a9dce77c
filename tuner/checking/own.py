"""Somebody's own script, as far as it can be looked at without running it."""

from __future__ import annotations

from collections.abc import Iterator

from tuner.checking.cost import tell_own_cost
from tuner.checking.finding import Finding
from tuner.errors import PhotosError, TunerError
from tuner.plan import Plan
from tuner.records.history import StudyHistory
from tuner.study import StudySpec
from tuner.training.own.trainer import OwnTrainer
from tuner.workspace import Workspace


def look_at_own_trainer(
    spec: StudySpec, workspace: Workspace, earlier: StudyHistory | None
) -> Iterator[Finding]:
    """Whether photos, programs, files, keys and constants are there; nothing is trained."""
    facts = earlier.facts if earlier else {}
    trainer = OwnTrainer(
        spec, workspace.folder(spec.study), workspace.photo_cache, facts,
        lambda _event: None, lambda *_views: None, lambda *_reading: None,
    )  # fmt: skip
    try:
        heldout, judge = trainer.make_ready()
    except TunerError as error:
        subject = "photos" if isinstance(error, PhotosError) else "trainer"
        yield Finding(subject, "red", str(error), "nothing else can be checked before that")
        return
    if heldout is not None:
        yield Finding("photos", "green", heldout.summary)
    if judge.notice:
        yield Finding("score", "amber", judge.notice)
    yield Finding(
        "trainer",
        "green",
        "what your own script needs is there; it was not run, so the first stage will show "
        "whether it obeys its weights",
    )


def own_cost(spec: StudySpec, earlier: StudyHistory | None, plan: Plan, price: float) -> Finding:
    """The hours as far as an earlier run knows them."""
    results = earlier.results.values() if earlier else ()
    return Finding(
        "cost", "green", " ".join(tell_own_cost(results, plan, spec.trainer.parallel, price))
    )
