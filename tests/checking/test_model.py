from types import SimpleNamespace

import pytest
import torch
from torch import nn

from tuner.checking.model import check_model
from tuner.data.batches import Batch

GENERATOR = torch.Generator().manual_seed(0)
PHOTOS = Batch(
    rgb=torch.rand(2, 3, 16, 16, generator=GENERATOR) * 0.9 + 0.05,
    gray=torch.rand(2, 1, 16, 16, generator=GENERATOR),
)


def learner(*layers, problem="", predicts_ab=False):
    model = nn.Sequential(nn.Conv2d(1, 3, 1), *layers)
    return SimpleNamespace(
        model=model, color=model, predicts_ab=predicts_ab, problem=problem, done=3
    )


class Scaled(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return self.factor * x


def test_a_sigmoid_is_seen_with_its_range_and_slope():
    learning, output = check_model(learner(nn.Sigmoid()), PHOTOS)
    assert (learning.color, output.color) == ("green", "green")
    assert learning.sentence == "6 parameters; 3 steps leave loss and gradient finite"
    assert output.sentence.startswith("ends in a sigmoid: yes, slope 0.2")
    assert "0.0% of pixels at black or white (photos: 0.0%)" in output.sentence


def test_without_a_sigmoid_the_last_operation_is_named():
    _, output = check_model(learner(nn.Hardtanh(0.1, 0.9)), PHOTOS)
    assert output.sentence.startswith("ends in a sigmoid: no (Hardtanh")
    assert output.color == "green"


def test_outputs_beyond_the_range_are_amber():
    _, output = check_model(learner(Scaled(9.0)), PHOTOS)
    assert output.color == "amber"
    assert "end the model in a sigmoid" in output.advice


def test_a_saturated_sigmoid_is_amber():
    _, output = check_model(learner(Scaled(1e4), nn.Sigmoid()), PHOTOS)
    assert output.color == "amber"
    assert "slope 0.00 of at most 0.25" in output.sentence
    assert "100.0% of pixels at black or white" in output.sentence


@pytest.mark.parametrize("problem", ["the loss became nan at step 2"])
def test_a_training_that_fails_is_red_and_no_output_is_judged(problem):
    [finding] = check_model(learner(nn.Sigmoid(), problem=problem), PHOTOS)
    assert (finding.color, finding.sentence) == ("red", f"the training fails: {problem}")
