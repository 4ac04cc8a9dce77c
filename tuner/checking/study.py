"""Checks that need only the study file."""

from __future__ import annotations

from collections.abc import Iterator

from tuner.checking.result import CheckResult
from tuner.spec.plan import Plan
from tuner.spec.study import StudySpec
from tuner.spec.trial_count import least, most

SUBJECT = "study"
GUIDE_STEPS = 5000
"""The guide judges a training after 5k to 10k steps."""


def check_settings(spec: StudySpec, plan: Plan) -> Iterator[CheckResult]:
    """Checks the size of the study, and settings that would decide its result."""
    stages = f"{len(plan.stages)} stage{'s' if len(plan.stages) > 1 else ''}"
    trials = f"{least(plan).trials} to {most(plan).trials} trials of {plan.steps} steps"
    quick = ", with --quick: it shows how the tuner works" if spec.preset == "quick" else ""
    yield CheckResult(SUBJECT, "green", f"{spec.study}: {stages}, {trials}{quick}")
    in_epochs = spec.trainer.steps_per_epoch == 1
    steps = spec.trainer.steps + spec.trainer.steps_before
    of_the_guide = spec.objective.metric is None and not in_epochs  # pictures, by optimizer steps
    if spec.preset != "quick" and of_the_guide and steps < GUIDE_STEPS:
        yield CheckResult(
            SUBJECT,
            "amber",
            f"{steps} steps are fewer than the guide's {GUIDE_STEPS} to {2 * GUIDE_STEPS}",
            "raise trainer.steps where there is time; weights that win early may not win late",
        )
    trained_with = spec.trainer.perceptual_net if spec.trainer.loss is None else None
    if spec.objective.lpips.net == trained_with:
        yield CheckResult(
            SUBJECT,
            "amber",
            f"the net that scores, '{spec.objective.lpips.net}', is trained with too",
            "choose another objective.lpips.net; a higher perceptual_weight wins by construction",
        )
