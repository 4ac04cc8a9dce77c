import pytest
import torch

from tuner.color.perceptual import PerceptualDistance
from tuner.color.score import Scorer
from tuner.color.smooth_score import SmoothScore
from tuner.color.spaces import gray_of
from tuner.spec.objective import GuardrailsSpec, ObjectiveSpec


@pytest.fixture(scope="module")
def photos():
    ramp = torch.linspace(0.1, 0.9, 32)
    blocks = torch.rand(4, 3, 4, 4, generator=torch.Generator().manual_seed(3))
    large = torch.nn.functional.interpolate(blocks, 32, mode="bilinear")
    return (0.7 * large + 0.3 * ramp).clamp(0, 1)


@pytest.fixture(scope="module")
def scorer(photos):
    objective = ObjectiveSpec.model_validate({"lightness": {"importance": 1.0}})
    net = PerceptualDistance("squeeze", "random")
    return Scorer(photos, objective, GuardrailsSpec(), net)


@pytest.mark.parametrize(
    "change",
    [
        gray_of,
        lambda photos: 0.5 * photos + 0.5 * gray_of(photos),
        lambda photos: photos * torch.tensor([1.0, 0.8, 0.6]).reshape(3, 1, 1),
        lambda photos: photos.flip(1),
        lambda photos: photos.sqrt(),
    ],
    ids=["gray", "pale", "sepia", "other colors", "brighter"],
)
def test_it_is_the_score_of_the_same_photos(scorer, photos, change):
    prediction = change(photos)
    score = scorer.score(prediction).value
    assert SmoothScore(scorer)(prediction, photos).item() == pytest.approx(score, rel=0.02)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_its_gradient_is_finite_on_black_gray_and_white(scorer, photos, value):
    prediction = torch.full_like(photos, value).requires_grad_()
    SmoothScore(scorer)(prediction, photos).backward()
    assert prediction.grad.isfinite().all()


def test_its_gradient_is_finite_on_the_photos_themselves(scorer, photos):
    prediction = photos.clone().requires_grad_()
    SmoothScore(scorer)(prediction, photos).backward()
    assert prediction.grad.isfinite().all()
