"""Checks the model: whether it learns, and the possible and actual range of its output.

The guide says of gray output: "check if model has sigmoid". The autograd graph shows whether a
network ends in a sigmoid. A sigmoid does harm where it is saturated and stops learning: outputs are
then at 0 and 1, and the slope is nearly 0.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from tuner.checking.result import CheckResult
from tuner.color.metrics import clipped_share
from tuner.data.batches import Batch
from tuner.training.learner import Learner

SUBJECT = "model"
MORE_THAN_PHOTOS = 0.1
"""Share of pixels at black or white, above that of the photos, from which on it is reported."""


def check_model(learner: Learner, batch: Batch) -> Iterator[CheckResult]:
    """Learning, output range, saturation and last operation of a network that learned briefly.

    Args:
        learner: A learner after its steps.
        batch: Photos, and the input of the network for them.
    """
    yield _learning(learner)
    if not learner.problem:
        yield _output(learner.color(batch.gray), batch.rgb, predicts_ab=learner.predicts_ab)


def _learning(learner: Learner) -> CheckResult:
    size = sum(parameter.numel() for parameter in learner.model.parameters())
    if learner.problem:
        advice = "lower trainer.learning_rate"
        return CheckResult(SUBJECT, "red", f"the training fails: {learner.problem}", advice)
    steps = f"{learner.done} steps"
    return CheckResult(
        SUBJECT, "green", f"{size:,} parameters; {steps} leave loss and gradient finite"
    )


def _output(prediction: Tensor, photos: Tensor, *, predicts_ab: bool) -> CheckResult:
    last = prediction.grad_fn.name() if prediction.grad_fn else "nothing that learns"
    values = prediction.detach()
    at_ends, of_photos = (clipped_share(rgb).mean().item() for rgb in (values, photos))
    ends_in_sigmoid = last.startswith("Sigmoid")
    slope = (
        f", slope {(values * (1 - values)).mean():.2f} of at most 0.25" if ends_in_sigmoid else ""
    )
    sentence = (
        f"ends in a sigmoid: {'yes' if ends_in_sigmoid else f'no ({last})'}{slope}; outputs from "
        f"{values.min():.2f} to {values.max():.2f}, {at_ends:.1%} of pixels at black or white "
        f"(photos: {of_photos:.1%})"
    )
    if bool(torch.any((values < 0) | (values > 1))):
        advice = "outputs beyond 0..1 are cut when they are scored; end the model in a sigmoid"
        if predicts_ab:
            advice = "colors that no screen can show are cut when they are scored; training helps"
        return CheckResult(SUBJECT, "amber", sentence, advice)
    if at_ends > of_photos + MORE_THAN_PHOTOS:
        advice = "saturated outputs learn no more; lower trainer.learning_rate"
        return CheckResult(SUBJECT, "amber", sentence, advice)
    return CheckResult(SUBJECT, "green", sentence)
