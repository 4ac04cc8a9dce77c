"""Runs the built-in trainer briefly: the study's network and loss, a few steps, small batches."""

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
"""The head of the network starts at zero: the first step changes only the head, and the gray
prediction has no saturation gradient. From the second step on every weight has an effect."""

CROPS = 4


def train_briefly(
    spec: StudySpec, context: TrainingContext, weights: Mapping[str, float]
) -> Learner:
    """A network of the study after a few steps from scratch, with at most four crops a step."""
    size = min(CROPS, context.batches.batch_size)
    batches = replace(context.batches, batch_size=size)
    trial = Trial(weights=weights, seed=1, steps=PROBE_STEPS, role="baseline")
    learner = Learner(trial, spec.trainer, context.device, None, context.recipe)
    with on_one_core() if context.device.type == "cpu" else nullcontext():
        for step in range(PROBE_STEPS):
            batch = batches.draw(trial.seed, step)
            learner.step(batch, context.terms.observe(batch.rgb), context.terms)
    return learner


def builtin_probe(spec: StudySpec, context: TrainingContext) -> Probe:
    """A probe that returns predictions of a few held-out photos; NaN where training diverged."""
    gray = context.heldout.gray[:CROPS]

    def probe(weights: Mapping[str, float]) -> Fingerprint:
        learner = train_briefly(spec, context, weights)
        prediction = learner.predict(gray).double().cpu().numpy()
        return np.full_like(prediction, np.nan) if learner.problem else prediction

    return probe
