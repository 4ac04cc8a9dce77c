"""The built-in trainer as a probe: the study's network and loss, a few steps of small batches."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace

import numpy as np

from tuner.checking.obedience import Fingerprint, Probe
from tuner.results import Trial
from tuner.spec.study import StudySpec
from tuner.training.context import TrainingContext
from tuner.training.device import on_one_core
from tuner.training.learner import Learner

PROBE_STEPS = 3
"""The head starts at zero, so that the first step moves only the head, and a gray prediction has
no saturation gradient; from the second on every weight has a say."""

CROPS = 4


def train_briefly(
    spec: StudySpec,
    context: TrainingContext,
    weights: Mapping[str, float],
    steps: int = PROBE_STEPS,
) -> Learner:
    """A network of the study after a few steps from scratch, on at most four crops a step."""
    size = min(CROPS, context.batches.batch_size)
    batches = replace(context.batches, batch_size=size)
    trial = Trial(weights=weights, seed=1, steps=steps, role="baseline")
    learner = Learner(trial, spec.trainer, context.device, None, context.recipe)
    with on_one_core() if context.device.type == "cpu" else nullcontext():
        for step in range(steps):
            batch = batches.draw(trial.seed, step)
            learner.step(batch, context.terms.observe(batch.rgb), context.terms)
    return learner


def builtin_probe(spec: StudySpec, context: TrainingContext) -> Probe:
    """Trains with some weights; predictions of a few held-out photos, not-a-number if diverged."""
    gray = context.heldout.gray[:CROPS]

    def probe(weights: Mapping[str, float]) -> Fingerprint:
        learner = train_briefly(spec, context, weights)
        prediction = learner.predict(gray).double().cpu().numpy()
        return np.full_like(prediction, np.nan) if learner.problem else prediction

    return probe
