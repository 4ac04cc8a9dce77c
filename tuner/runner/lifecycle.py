"""The events of a study as a whole, at its opening and at its end."""

from __future__ import annotations

import platform
from collections.abc import Collection, Iterable, Sequence
from importlib.metadata import version

from tuner.guide.advice import Adviser
from tuner.guide.golden_rule import broken_rule
from tuner.results import TrialResult
from tuner.results.events import AdviceGiven, StudyFinished, StudyOpened
from tuner.search.procedure import SearchResult
from tuner.search.refused import refused_better
from tuner.spec.plan import Plan
from tuner.spec.secret_values import without_secrets
from tuner.spec.study import StudySpec
from tuner.spec.trial_count import most

PACKAGES = ("colorization-tuner", "torch", "optuna", "mlflow")
OF_PHOTOS = ("lpips", "kornia")
"""Packages that score photos; a study with a metric of its own does not use them."""


def opening_event(spec: StudySpec, plan: Plan, uid: str) -> StudyOpened:
    """The event of a run's beginning, for a new study or one that goes on.

    Args:
        uid: The unique id of this study; other studies may have the same name.
    """
    used = PACKAGES if spec.objective.metric else (*PACKAGES, *OF_PHOTOS)
    versions = {name: version(name) for name in used}
    return StudyOpened(
        study=spec.study,
        uid=uid,
        spec=without_secrets(spec).model_dump(mode="json"),
        provenance={
            **versions,
            "python": platform.python_version(),
            "machine": platform.platform(),
        },
        trials_most=most(plan).trials,
    )


def closing_event(
    spec: StudySpec,
    plan: Plan,
    findings: SearchResult,
    results: Sequence[TrialResult],
    used: Collection[int],
) -> StudyFinished:
    """The event of a study's end.

    Args:
        used: Numbers of the trials that the search asked for.
    """
    ahead = {result.trial.number for result in results if result.trial.ahead}
    in_vain = ahead.difference(used)
    asked = [result for result in results if result.trial.number not in in_vain]
    broken = broken_rule(asked, findings.best)
    warned = broken and spec.guardrails.golden_rule == "warn"
    return StudyFinished(
        best_weights=findings.best,
        incumbent_weights=findings.incumbent,
        confirmation=findings.confirmation,
        noise=findings.noise,
        stopped=findings.stopped,
        rivals=findings.rivals,
        warnings=(broken,) if warned else (),
        simplification=findings.simplification,
        finalists=findings.finalists,
        effects=findings.effects,
        earlier=len(spec.earlier),
        metric=spec.objective.metric or "",
        not_needed=tuple(sorted(in_vain)),
        refused=refused_better(plan, asked),
        compared=(spec.challenger.against, spec.challenger.name) if spec.challenger else None,
    )


def make_adviser(spec: StudySpec, given: Iterable[AdviceGiven]) -> Adviser:
    """Makes the adviser, which gives the guide's advice once for each trial and kind.

    Args:
        given: The advice that an earlier run has given.
    """
    told = [(one.number, one.kind) for one in given]
    return Adviser(told, golden_rule=spec.guardrails.golden_rule == "warn")
